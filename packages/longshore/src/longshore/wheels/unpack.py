"""Unpack source distributions safely (PyPA: source distribution format, §unpacking without filter).

An archive is refused as a whole if anything in it could leave the folder that it is unpacked in:
absolute names, ``..``, links that lead out, however many links lie on the way. Device nodes, and
archives that grow beyond any source, are refused too. Modes become 0644 or 0755, every time is
``EPOCH``: the tree is the same wherever it is made.
"""

import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final, cast

from longshore.errors import SupplyChainError, WheelError
from longshore.oci.blobs import CHUNK, disk_error
from longshore.oci.tar import EPOCH, check_path
from longshore.oci.unpack import HEADER_BYTES, UNREADABLE, TarReader, open_tar
from longshore.wheels.archive import ZipArchive

MAX_BYTES: Final = 4 << 30
MAX_ENTRIES: Final = 200_000
_MAX_LINKS: Final = 40  # as Linux counts (path_resolution(7))
_DAMAGED = "the file is damaged or made to deceive"


def unpack_sdist(path: Path, filename: str, folder: Path) -> Path:
    """Unpack an sdist into an empty folder; return the one folder that is in it.

    Args:
        path: of the file.
        filename: its real name; its ending says what it is.
        folder: where to; on an error, what is in it is of no use.

    Raises:
        WheelError: if the archive is damaged, could leave the folder, or holds no single folder.
        PreflightError: if it can't be written.
    """
    tree = _Tree(filename, folder)
    try:
        if filename.endswith(".zip"):
            _unpack_zip(path, tree)
        else:
            _unpack_tar(path, tree)
        tree.finish()
    except (SupplyChainError, *UNREADABLE) as error:
        msg = f"{filename}: {str(error) or 'not a tar archive'}"
        raise WheelError(msg, hint=_DAMAGED) from error
    except OSError as error:
        raise disk_error(error, folder) from error
    tops = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    if len(tops) != 1:
        msg = f"{filename}: expected one folder at the top, got {len(tops)}"
        raise WheelError(msg, hint="ask the publisher for a sound source distribution")
    return tops[0]


class _Tree:
    """The folder that is filled; links are made last, so nothing is ever written through one.

    Args:
        archive: names the file in messages.
        root: the folder.
    """

    def __init__(self, archive: str, root: Path) -> None:
        self.archive = archive
        self._root = root
        self._links: dict[str, str] = {}
        self._bytes = self._entries = 0

    def count(self, size: int) -> None:
        """Take an entry of that many bytes into account, before anything of it is read."""
        self._bytes += size
        self._entries += 1
        if self._bytes > MAX_BYTES or self._entries > MAX_ENTRIES:
            msg = f"{self.archive}: unpacks to more than {MAX_BYTES} bytes or {MAX_ENTRIES} files"
            raise WheelError(msg, hint=_DAMAGED)

    def directory(self, name: str) -> None:
        """Make a folder."""
        place = self._place(name)
        if place == self._root:
            return
        if self._inside(place) in self._links or place.is_file():
            raise self._error(name, "is there twice")
        place.mkdir(parents=True, exist_ok=True)

    def file(self, name: str, chunks: Iterator[bytes], *, executable: bool) -> None:
        """Write a regular file."""
        place = self._place(name)
        if place.is_dir() or self._inside(place) in self._links:
            raise self._error(name, "is there twice")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            file.writelines(chunks)
        place.chmod(0o755 if executable else 0o644)

    def symlink(self, name: str, target: str) -> None:
        """Take a link to be made at the end."""
        place = self._place(name)
        if place.exists():
            raise self._error(name, "is there twice")
        self._links[self._inside(place)] = target

    def hard_link(self, name: str, target: str) -> None:
        """Copy a file that is already there."""
        source = self._place(target)
        if self._inside(source) in self._links or not source.is_file():
            raise self._error(name, f"is a link to {target!r}, which is no file")
        data = source.read_bytes()
        self.file(name, iter([data]), executable=os.access(source, os.X_OK))

    def finish(self) -> None:
        """Make the links that stay inside, and give everything its time."""
        for name, target in self._links.items():
            if _resolve(name, self._links) is None:
                raise self._error(name, f"is a link to {target!r}, which leaves the archive")
        for name, target in self._links.items():
            place = self._root / name
            if any(str(parent) in self._links for parent in Path(name).parents):
                raise self._error(name, "lies below a link")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        for folder, folders, files in os.walk(self._root):
            for entry in (Path(folder, name) for name in (*folders, *files)):
                if entry.is_dir() and not entry.is_symlink():
                    entry.chmod(0o755)  # whatever the umask is: the sandbox has a user of its own
                os.utime(entry, (EPOCH, EPOCH), follow_symlinks=False)

    def _place(self, name: str) -> Path:
        """Return where an entry goes: below real folders only, since no link is made yet."""
        trimmed = name.removeprefix("./").rstrip("/")
        if trimmed in ("", "."):
            return self._root
        try:
            check_path(trimmed)
        except ValueError as error:
            raise self._error(name, f"is a bad name: {error}") from error
        for parent in Path(trimmed).parents:
            place = self._root / parent
            if str(parent) in self._links or (place.exists() and not place.is_dir()):
                raise self._error(name, f"lies below {str(parent)!r}, which is no folder")
        return self._root / trimmed

    def _inside(self, place: Path) -> str:
        return place.relative_to(self._root).as_posix()

    def _error(self, name: str, problem: str) -> WheelError:
        return WheelError(f"{self.archive}: {name!r} {problem}", hint=_DAMAGED)


def _resolve(name: str, links: Mapping[str, str]) -> str | None:
    """Follow a link as the kernel would; ``None`` if it leaves the top or never ends.

    Every component is looked at, so a link that passes another one is judged by where it leads.
    """
    resolved: list[str] = []
    pending = name.split("/")[::-1]
    followed = 0
    while pending:
        part = pending.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not resolved:
                return None
            resolved.pop()
            continue
        here = "/".join([*resolved, part])
        target = links.get(here)
        if target is None:
            resolved.append(part)
            continue
        followed += 1
        if followed > _MAX_LINKS or target.startswith("/") or "\0" in target:
            return None
        pending.extend(reversed(target.split("/")))
    return "/".join(resolved)


def _unpack_zip(path: Path, tree: _Tree) -> None:
    with ZipArchive.open(path, tree.archive) as archive:
        for entry in archive.entries:
            tree.count(entry.size)
            tree.file(entry.name, archive.content(entry), executable=entry.executable)


def _unpack_tar(path: Path, tree: _Tree) -> None:
    reader = TarReader(open_tar(_chunks(path)))
    reader.allow(HEADER_BYTES)
    stream = cast("IO[bytes]", reader)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        while (member := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined] # not in typeshed: keeps memory flat
            if member.size < 0:
                msg = f"{member.name!r} has a size below zero"
                raise SupplyChainError(msg)
            tree.count(member.size)
            reader.allow(member.size)
            _unpack_member(archive, member, tree)
            reader.allow(HEADER_BYTES)
    reader.drain()


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, tree: _Tree) -> None:
    if member.isdir():
        tree.directory(member.name)
    elif member.issym():
        tree.symlink(member.name, member.linkname)
    elif member.islnk():
        tree.hard_link(member.name, member.linkname)
    elif member.isreg():
        content = archive.extractfile(member)
        chunks = iter(lambda: content.read(CHUNK) if content else b"", b"")
        tree.file(member.name, chunks, executable=bool(member.mode & 0o100))
    else:
        msg = f"{member.name!r} is neither a file, a folder nor a link"
        raise SupplyChainError(msg)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
