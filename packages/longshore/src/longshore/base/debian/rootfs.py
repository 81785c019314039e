"""Unpacked bases, shared by all builds: ``<cache>/rootfs/<key>/root`` and its manifest.

A base appears under its key by one rename when it is complete; what was begun and not finished has
another name and is never used. A base that was changed afterwards is noticed and made again.
"""

import fcntl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from longshore.base.bytecode import compile_tree, probe_interpreter
from longshore.base.debian.assemble import Assembly
from longshore.base.debian.deb import DebFile
from longshore.base.debian.loader import make_loader_cache
from longshore.base.debian.manifest import Manifest, parse_manifest, render_manifest, scan
from longshore.base.interface import Interpreter
from longshore.oci.blobs import disk_error
from longshore.oci.unpack import remove_root
from longshore.sandbox.interface import Sandbox
from longshore.types import Digest, Event, Phase, Reporter

_MANIFEST = "manifest.json"
_NO_LINKS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package to unpack: its name, its ``.deb``, and the layer that it goes into."""

    name: str
    path: Path
    layer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rootfs:
    """An unpacked base: its root folder, never to be changed, and what is in it."""

    root: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class RootfsStore:
    """The folder of all unpacked bases.

    Args:
        folder: ``<cache>/rootfs``.
        sandbox: runs the base's interpreter.
        reporter: hears about unpacking and compiling.
    """

    folder: Path
    sandbox: Sandbox
    reporter: Reporter

    def get(self, key: Digest) -> Rootfs | None:
        """Return an unpacked base if it is there and unchanged."""
        place = self.folder / key.hex
        try:
            manifest = parse_manifest((place / _MANIFEST).read_text("ascii"))
        except (OSError, ValueError):
            return None
        if manifest.matches(place / "root"):
            return Rootfs(root=place / "root", manifest=manifest)
        return None

    def make(
        self,
        key: Digest,
        packages: Mapping[str, Package],
        *,
        python: PurePosixPath,
        library: PurePosixPath,
        subject: str,
        links: Mapping[str, str] = _NO_LINKS,
    ) -> Rootfs:
        """Return an unpacked base, made unless it is there; only one process makes it.

        Args:
            key: a digest of everything that decides its content.
            packages: by name.
            python: the interpreter's path inside.
            library: the standard library's folder inside.
            subject: names the base in events.
            links: further symbolic links by their place, and where they point.

        Raises:
            SupplyChainError: if an archive is damaged or tries to leave the root.
            PreflightError: if the disk is full, or there is no sandbox.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked(key):
                found = self.get(key)
                if found is not None:
                    return found
                self._remove_damaged(key, subject)
                return self._make(
                    key, packages, links=links, python=python, library=library, subject=subject
                )
        except OSError as error:
            raise disk_error(error, self.folder) from error

    def _remove_damaged(self, key: Digest, subject: str) -> None:
        """Remove a changed tree; under the lock, or a tree that was just made would go."""
        place = self.folder / key.hex
        if place.exists():
            what = "the unpacked base was changed; unpacking it again"
            self._report(subject, Phase.WARNING, what)
            remove_root(place)

    def _make(
        self,
        key: Digest,
        packages: Mapping[str, Package],
        *,
        links: Mapping[str, str],
        python: PurePosixPath,
        library: PurePosixPath,
        subject: str,
    ) -> Rootfs:
        incoming = Path(tempfile.mkdtemp(dir=self.folder, prefix=".incoming-"))
        try:
            manifest = self._assemble(
                incoming / "root",
                packages,
                links=links,
                python=python,
                library=library,
                subject=subject,
            )
            (incoming / _MANIFEST).write_text(render_manifest(manifest), "ascii")
            incoming.chmod(0o755)
            incoming.rename(self.folder / key.hex)
        finally:
            remove_root(incoming)
        return Rootfs(root=self.folder / key.hex / "root", manifest=manifest)

    def _assemble(
        self,
        root: Path,
        packages: Mapping[str, Package],
        *,
        links: Mapping[str, str],
        python: PurePosixPath,
        library: PurePosixPath,
        subject: str,
    ) -> Manifest:
        self._report(subject, Phase.STARTED, f"unpacking {len(packages)} packages")
        root.mkdir()
        assembly = Assembly(root)
        assembly.add_skeleton()
        for name in sorted(packages):
            package = packages[name]
            deb = DebFile(package.path, name)
            assembly.add_package(deb, name=name, layer=package.layer)
        assembly.add_links(links)
        assembly.finish()
        cache = make_loader_cache(self.sandbox, rootfs=root)
        if cache is not None:
            assembly.add_loader_cache(cache)
        interpreter = probe_interpreter(self.sandbox, rootfs=root, path=python)
        self._compile(assembly, root, interpreter, library)
        self._report(subject, Phase.DONE, f"Python {interpreter.version}")
        return scan(root, assembly.owners, interpreter)

    def _compile(
        self, assembly: Assembly, root: Path, interpreter: Interpreter, library: PurePosixPath
    ) -> None:
        inside = library.relative_to("/")
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".bytecode-") as folder:
            output = Path(folder)
            result = compile_tree(
                self.sandbox,
                rootfs=root,
                interpreter=interpreter,
                source=root / inside,
                prefix=library,
                output=output,
            )
            assembly.add_bytecode(inside, output, map(str, result.compiled))

    @contextmanager
    def _locked(self, key: Digest) -> Iterator[None]:
        with (self.folder / f".{key.short}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _report(self, subject: str, phase: Phase, detail: str) -> None:
        event = Event(kind="base.unpack", subject=subject, phase=phase, detail=detail)
        self.reporter.report(event)
