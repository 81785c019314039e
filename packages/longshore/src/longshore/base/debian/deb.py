"""Reading ``.deb`` archives: an ar file with two tars inside (deb(5), deb-old formats excluded).

Everything is streamed, and nothing is trusted beyond the archive's hash: names that leave the
root, odd members and endless data are refused.
"""

import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from longshore.errors import PreflightError, SupplyChainError
from longshore.oci.unpack import UNREADABLE

_MAGIC = b"!<arch>\n"
_HEADER = 60
_END = b"`\n"
_MAX_CONTROL = 4 << 20
_MAX_BYTES = 8 << 30
_MAX_ENTRIES = 1_000_000
_UNREADABLE = (*UNREADABLE, lzma.LZMAError, gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebEntry:
    """One entry of a package's data, its name relative and clean: ``usr/bin/python3.13``.

    ``kind`` is a type of ``tarfile``: ``REGTYPE``, ``DIRTYPE``, ``SYMTYPE`` or ``LNKTYPE``.
    ``target`` is where a link points: for a hard link a clean name, else as written. ``content``
    is there for a file only, and only until the next entry is read.
    """

    name: str
    kind: bytes
    executable: bool = False
    target: str = ""
    content: IO[bytes] | None = None


class DebFile:
    """A ``.deb`` on disk; ``subject`` names it in messages."""

    def __init__(self, path: Path, subject: str) -> None:
        self._path = path
        self._subject = subject

    def control(self) -> str:
        """Return the control file: the package's own paragraph.

        Raises:
            SupplyChainError: if the archive is damaged or has none.
        """
        with self._tar("control") as archive:
            for member in archive:
                if member.isreg() and _clean(member.name) == "control":
                    content = archive.extractfile(member)
                    if content is not None and member.size <= _MAX_CONTROL:
                        return content.read().decode("utf-8", "replace")
        msg = f"{self._subject}: the .deb has no control file"
        raise SupplyChainError(msg)

    def entries(self) -> Iterator[DebEntry]:
        """Yield what the package installs; device nodes and the like are left out.

        Raises:
            SupplyChainError: if the archive is damaged or an entry is not acceptable.
        """
        left = _MAX_BYTES
        with self._tar("data") as archive:
            for count, member in enumerate(archive):
                archive.members = []  # type: ignore[attr-defined] # a stream never goes back
                left -= member.size
                if left < 0 or count > _MAX_ENTRIES:
                    msg = f"{self._subject}: the .deb holds more than a package would"
                    raise SupplyChainError(msg)
                entry = self._entry(archive, member)
                if entry is not None:
                    yield entry

    def _entry(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> DebEntry | None:
        name = self._name(member.name)
        if not name:
            return None
        if member.isdir():
            return DebEntry(name=name, kind=tarfile.DIRTYPE)
        if member.issym():
            return DebEntry(name=name, kind=tarfile.SYMTYPE, target=member.linkname)
        if member.islnk():
            return DebEntry(name=name, kind=tarfile.LNKTYPE, target=self._name(member.linkname))
        if member.isreg():
            content = archive.extractfile(member)
            executable = bool(member.mode & 0o111)
            return DebEntry(name=name, kind=tarfile.REGTYPE, executable=executable, content=content)
        return None

    def _name(self, name: str) -> str:
        clean = _clean(name)
        if name.startswith("/") or "\0" in name or ".." in clean.split("/"):
            msg = f"{self._subject}: the .deb has an entry {name!r} that leaves the root"
            raise SupplyChainError(msg)
        return clean

    @contextmanager
    def _tar(self, part: str) -> Iterator[tarfile.TarFile]:
        """Open ``control.tar.*`` or ``data.tar.*`` as a stream."""
        try:
            with self._path.open("rb") as file:
                suffix, size = self._seek(file, part)
                member: IO[bytes] = io.BufferedReader(_Part(file, size))
                with (
                    self._decompress(member, suffix) as plain,
                    tarfile.open(fileobj=plain, mode="r|") as archive,
                ):
                    yield archive
        except _UNREADABLE as error:
            msg = f"{self._subject}: the .deb is damaged: {str(error).lower()}"
            raise SupplyChainError(msg) from error

    def _seek(self, file: IO[bytes], part: str) -> tuple[str, int]:
        """Go to a member of the ar file; return its suffix (``xz``) and its size."""
        if file.read(len(_MAGIC)) != _MAGIC:
            msg = f"{self._subject}: not a .deb archive"
            raise SupplyChainError(msg)
        while header := file.read(_HEADER):
            name, size = header[:16].decode("ascii", "replace").strip(" /"), header[48:58].strip()
            if not header.endswith(_END) or not size.isdigit():
                break
            stem, _, suffix = name.partition(".tar")
            if stem == part:
                return suffix.removeprefix("."), int(size)
            file.seek(int(size) + int(size) % 2, io.SEEK_CUR)
        msg = f"{self._subject}: the .deb is damaged: no {part}.tar in it"
        raise SupplyChainError(msg)

    def _decompress(self, member: IO[bytes], suffix: str) -> IO[bytes]:
        match suffix:
            case "xz":
                return lzma.open(member)
            case "gz":
                return cast("IO[bytes]", gzip.open(member))
            case "":
                return member
            case "zst":
                return _open_zstd(member, self._subject)
            case _:
                msg = f"{self._subject}: the .deb is compressed with {suffix!r}, which is unknown"
                raise SupplyChainError(msg)


class _Part(io.RawIOBase):
    """A part of a file, from where it stands."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(self._left, len(buffer)))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _clean(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _open_zstd(member: IO[bytes], subject: str) -> IO[bytes]:
    """Open with the standard library's module, which Python 3.14 brought."""
    try:
        from compression import zstd  # type: ignore[import-not-found] # noqa: PLC0415
    except ImportError as error:
        msg = f"{subject}: the .deb is compressed with zstd, which this Python can't read"
        raise PreflightError(msg, hint="run longshore with Python 3.14 or newer") from error
    opened: IO[bytes] = zstd.open(member)
    return opened
