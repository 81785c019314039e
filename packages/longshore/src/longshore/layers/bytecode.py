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

from longshore.base.bytecode import FORMAT, CompileResult, Tree
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
    """Compiles what is below some folders: ``compile_trees`` with its base and its sandbox."""

    def __call__(self, trees: Sequence[Tree], /) -> tuple[CompileResult, ...]:
        """Compile each tree on its own, and say what came of it."""


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
        self._lock = Lock()

    def key(self, unit: Unit) -> Digest:
        """Return the digest of everything that decides a unit's bytecode."""
        python = self._interpreter
        return layer_key(
            "bytecode",
            *(str(FORMAT), str(python.version), python.magic, self._encoder.id, unit.folder),
            *unit.identity,
        )

    def compile_all(self, units: Sequence[Unit]) -> list[Compiled]:
        """Return what units come to; those that are not kept, or damaged, are compiled at once.

        Raises:
            LongshoreError: if the interpreter can't be run, or the disk is full.
        """
        keys = [self.key(unit) for unit in units]
        with self._lock:
            found = {key: self._known(key) for key in keys}
            missing = {
                key: unit
                for key, unit in zip(keys, units, strict=True)
                if unit.modules and found[key] is None
            }
            made = self._compile(tuple(missing.values())) if missing else ()
            for key, compiled in zip(missing, made, strict=True):
                note = {"paths": list(compiled.paths), "blob": str(compiled.blob or "")}
                self._memos.put(key, canonical(note))
                found[key] = compiled
        return [found[key] or Compiled(paths=(), blob=None) for key in keys]

    def compile(self, unit: Unit) -> Compiled:
        """Return what one unit comes to; see ``compile_all``."""
        return self.compile_all([unit])[0]

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

    def _compile(self, units: Sequence[Unit]) -> list[Compiled]:
        with tempfile.TemporaryDirectory(dir=self._blobs.incoming, prefix="bytecode-") as scratch:
            trees = [_write_tree(Path(scratch, str(n)), unit) for n, unit in enumerate(units)]
            for unit in units:
                self._reporter.report(Event(kind=_KIND, subject=unit.title, phase=Phase.STARTED))
            outcomes = self._compiler(trees)
            with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
                return list(pool.map(self._keep, units, trees, outcomes))

    def _keep(self, unit: Unit, tree: Tree, outcome: CompileResult) -> Compiled:
        for path, reason in outcome.skipped:
            self._note(unit, f"{path} is not compiled: {reason}")
        found = sorted(
            path for path in tree.output.rglob("*.pyc") if path.is_file() and not path.is_symlink()
        )
        names = {f"{unit.folder}/{path.relative_to(tree.output)}": path for path in found}
        blob = None
        if names:
            blob = self._blobs.put(self._encoder.encode(write_entries(_entries(names)))).digest
        self._reporter.report(Event(kind=_KIND, subject=unit.title, phase=Phase.DONE))
        return Compiled(paths=tuple(names), blob=blob)

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


def _write_tree(folder: Path, unit: Unit) -> Tree:
    source, output = folder / "source", folder / "output"
    folder.mkdir()
    write_modules(source, unit.modules)
    output.mkdir()
    output.chmod(0o777)  # the sandbox has a user of its own; the scratch folder is private
    return Tree(source=source, prefix=PurePosixPath("/", unit.folder), output=output)


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
