"""Bytecode of what an image holds, compiled by the base's own interpreter and kept by its inputs.

Each wheel is compiled in a process of its own, so that its bytecode depends on the wheel, the
interpreter and its place in the image, and on nothing else.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Final, Protocol

from longshore.base.bytecode import FORMAT, CompileResult
from longshore.base.interface import Interpreter
from longshore.layers.fragment import Entries
from longshore.layers.key import layer_key
from longshore.oci.blobs import CHUNK, BlobStore
from longshore.oci.document import canonical
from longshore.oci.layer import Encoder
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH, TarEntry, write_entries
from longshore.types import Digest, Event, Phase, Reporter

Modules = Sequence[tuple[str, Callable[[], Iterable[bytes]]]]

_KIND: Final = "bytecode.compile"


class TreeCompiler(Protocol):
    """Compiles every module below a folder: ``compile_tree`` with its base and its sandbox."""

    def __call__(self, *, source: Path, prefix: PurePosixPath, output: Path) -> CompileResult:
        """Compile ``source``, which the image has at ``prefix``, into ``output``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Modules that are compiled in one process.

    Args:
        title: for people.
        identity: what decides the modules' names and content.
        folder: of the image, that the modules' paths are relative to.
        modules: relative path of each, and what opens its content.
    """

    title: str
    identity: tuple[str, ...]
    folder: str
    modules: Modules = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A unit's bytecode: paths in the image, and the blob of its fragment (``None`` if empty)."""

    paths: tuple[str, ...]
    blob: Digest | None


class BytecodeStore:
    """Compiles units once and keeps their fragments."""

    def __init__(
        self,
        *,
        compiler: TreeCompiler,
        interpreter: Interpreter,
        blobs: BlobStore,
        memos: MemoStore,
        encoder: Encoder,
        reporter: Reporter,
    ) -> None:
        self._compiler = compiler
        self._interpreter = interpreter
        self._blobs = blobs
        self._memos = memos
        self._encoder = encoder
        self._reporter = reporter
        self._locks: dict[Digest, Lock] = {}

    def key(self, unit: Unit) -> Digest:
        """Return the digest of everything that decides a unit's bytecode."""
        python = self._interpreter
        return layer_key(
            "bytecode",
            *(str(FORMAT), str(python.version), python.magic, self._encoder.id, unit.folder),
            *unit.identity,
        )

    def compile_all(self, units: Sequence[Unit]) -> list[Compiled]:
        """Compile units, several at a time, and return what each came to."""
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(self.compile, units))

    def compile(self, unit: Unit) -> Compiled:
        """Return a unit's bytecode, compiling it only if it is not kept or damaged.

        Raises:
            LongshoreError: if the interpreter can't be run, or the disk is full.
        """
        if not unit.modules:
            return Compiled(paths=(), blob=None)
        key = self.key(unit)
        with self._locks.setdefault(key, Lock()):
            known = self._known(key)
            if known is not None:
                return known
            self._reporter.report(Event(kind=_KIND, subject=unit.title, phase=Phase.STARTED))
            made = self._compile(unit)
            self._memos.put(
                key, canonical({"paths": list(made.paths), "blob": str(made.blob or "")})
            )
            self._reporter.report(Event(kind=_KIND, subject=unit.title, phase=Phase.DONE))
            return made

    def open(self, compiled: Compiled) -> Iterator[bytes]:
        """Make the members of a unit's fragment."""
        return iter(()) if compiled.blob is None else self._blobs.chunks(compiled.blob)

    def _known(self, key: Digest) -> Compiled | None:
        memo = self._memos.get(key)
        if memo is None:
            return None
        document = json.loads(memo)
        blob = Digest.parse(document["blob"]) if document["blob"] else None
        if blob is not None and self._blobs.verified(blob) is None:
            return None
        return Compiled(paths=tuple(document["paths"]), blob=blob)

    def _compile(self, unit: Unit) -> Compiled:
        with tempfile.TemporaryDirectory(dir=self._blobs.incoming, prefix="bytecode-") as scratch:
            source, output = Path(scratch, "source"), Path(scratch, "output")
            write_modules(source, unit.modules)
            output.mkdir()
            output.chmod(0o777)  # the sandbox has a user of its own; the scratch folder is private
            outcome = self._compiler(
                source=source, prefix=PurePosixPath("/", unit.folder), output=output
            )
            for path, reason in outcome.skipped:
                self._note(unit, f"{path} is not compiled: {reason}")
            found = sorted(
                path for path in output.rglob("*.pyc") if path.is_file() and not path.is_symlink()
            )
            names = {f"{unit.folder}/{path.relative_to(output)}": path for path in found}
            if not names:
                return Compiled(paths=(), blob=None)
            members = self._encoder.encode(write_entries(_entries(names)))
            return Compiled(paths=tuple(names), blob=self._blobs.put(members).digest)

    def _note(self, unit: Unit, detail: str) -> None:
        self._reporter.report(
            Event(kind=_KIND, subject=unit.title, phase=Phase.NOTE, detail=detail)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BytecodeFragment:
    """The bytecode of some units; compiled when it is first asked for."""

    units: tuple[Unit, ...]
    store: BytecodeStore

    @property
    def key(self) -> Digest:
        """The digest of the units' keys, in order."""
        return layer_key("bytecodes", *(str(self.store.key(unit)) for unit in self.units))

    def paths(self) -> Iterable[str]:
        """Return the paths of the compiled files."""
        return [path for unit in self.store.compile_all(self.units) for path in unit.paths]

    def open(self) -> Iterator[bytes]:
        """Make its members."""
        for compiled in self.store.compile_all(self.units):
            yield from self.store.open(compiled)


def write_modules(folder: Path, modules: Modules) -> None:
    """Write files that any user can read, dated as the image dates them, whatever the umask."""
    folder.mkdir()
    folder.chmod(0o755)
    for name, open_content in modules:
        path = folder / name
        for parent in reversed(path.relative_to(folder).parents[:-1]):
            if not (folder / parent).exists():
                (folder / parent).mkdir()
                (folder / parent).chmod(0o755)
        with path.open("xb") as file:
            file.writelines(open_content())
        path.chmod(0o644)
        os.utime(path, (EPOCH, EPOCH))


def _entries(names: dict[str, Path]) -> Entries:
    for name, path in names.items():
        yield TarEntry.file(name, path.stat().st_size), _read(path)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
