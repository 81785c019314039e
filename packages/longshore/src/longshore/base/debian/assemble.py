"""Assemble a root file system from packages: links stay inside, owners and setuid bits are dropped.

Modes become 0644 or 0755 and every time is ``EPOCH``, so the tree is the same wherever it is made.
"""

import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from longshore.base.debian import loader, skeleton
from longshore.base.debian.deb import DebEntry, DebFile
from longshore.base.debian.placement import is_certificate, merged_links, place
from longshore.oci.tar import EPOCH, parents
from longshore.oci.tree import UnpackTree

OS, PYTHON, BYTECODE = "os", "python", "bytecode"
"""The layers of a base, bottom first."""


class Assembly:
    """A root file system in the making; remembers which layer each path belongs to."""

    def __init__(self, root: Path) -> None:
        self._tree = UnpackTree(root)
        self._certificates: dict[str, bytes] = {}
        self.owners: dict[str, str] = {}

    def add_skeleton(self) -> None:
        """Make what every base has; before any package."""
        for path, mode in skeleton.FOLDERS.items():
            self._tree.directory(path, mode, EPOCH)
            self.owners[path] = OS
        for path, target in merged_links():
            self._link(path, target, OS)
        for path, text in skeleton.FILES.items():
            self._file(path, io.BytesIO(text.encode()), OS)

    def add_package(self, deb: DebFile, *, name: str, layer: str) -> None:
        """Unpack a package, and note it where scanners look.

        Raises:
            SupplyChainError: if the archive is damaged or tries to leave the root.
        """
        control = deb.control().strip() + "\n"
        self._file(f"{skeleton.STATUS}/{name}", io.BytesIO(control.encode()), layer)
        for entry in deb.entries():
            if is_certificate(entry.name) and entry.content is not None:
                self._certificates[entry.name] = entry.content.read()
            path = place(entry.name)
            if path is not None:
                self._add(path, entry, layer)

    def add_links(self, links: Mapping[str, str]) -> None:
        """Make symbolic links, by their place; after all packages."""
        for path, target in links.items():
            self._link(path, target, OS)

    def finish(self) -> None:
        """Make what depends on all packages, and give folders their modes."""
        for path, target in skeleton.LINKS.items():
            self._link(path, target, OS)
        bundle = skeleton.ca_bundle(self._certificates)
        self._file(skeleton.CA_BUNDLE, io.BytesIO(bundle), OS)
        self._tree.finish()

    def add_loader_cache(self, content: bytes) -> None:
        """Add the loader's cache; after ``finish``, because it lists the finished tree."""
        self._file(loader.CACHE, io.BytesIO(content), OS)
        self._tree.finish()

    def add_bytecode(self, folder: PurePosixPath, output: Path, files: Iterable[str]) -> None:
        """Add compiled modules; after ``finish``, because the finished tree compiles them.

        Args:
            folder: where the library is, relative to the root.
            output: the host folder of the bytecode.
            files: relative to both.
        """
        for file in files:
            with (output / file).open("rb") as content:
                self._file(str(folder / file), content, BYTECODE)
        self._tree.finish()

    def _add(self, path: str, entry: DebEntry, layer: str) -> None:
        if entry.kind == tarfile.DIRTYPE:
            self._folders(f"{path}/", layer)
        elif entry.kind == tarfile.SYMTYPE:
            self._link(path, entry.target, layer)
        elif entry.kind == tarfile.LNKTYPE:
            self._folders(path, layer)
            self._tree.hard_link(path, place(entry.target) or entry.target)
            self.owners[path] = layer
        elif entry.content is not None:
            self._file(path, entry.content, layer, executable=entry.executable)

    def _folders(self, path: str, layer: str) -> None:
        """Make the folders above a path that no package named: their mode is ours, not umask's."""
        for parent in parents(path):
            if parent not in self.owners:
                self._tree.directory(parent, 0o755, EPOCH)
                self.owners[parent] = layer

    def _link(self, path: str, target: str, layer: str) -> None:
        self._folders(path, layer)
        self._tree.symlink(path, target, EPOCH)
        self.owners[path] = layer

    def _file(self, path: str, content: IO[bytes], layer: str, *, executable: bool = False) -> None:
        self._folders(path, layer)
        self._tree.file(path, content, 0o755 if executable else 0o644, EPOCH)
        self.owners[path] = layer
