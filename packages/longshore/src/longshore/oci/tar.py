"""Deterministic tar archives (POSIX.1-2017): ustar headers, pax records only where they must be.

An archive is a function of the entries and nothing else: numeric owners without names, one fixed
modification time, no device numbers. Reading is ``longshore.oci.unpack``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Self

EPOCH = 315_532_800
"""1980-01-01T00:00:00Z, the earliest time that a zip file can tell: every entry's mtime."""

BLOCK = 512
"""Bytes per tar record."""

END = bytes(2 * BLOCK)
"""The two zero records that end an archive."""

_NAME = 100
_PREFIX = 155
_OCTAL_7 = 0o7777777
_OCTAL_11 = 0o77777777777
_MODES = 0o1777


class EntryKind(Enum):
    """What an entry is; the value is ustar's ``typeflag``."""

    FILE = b"0"
    SYMLINK = b"2"
    DIRECTORY = b"5"


@dataclass(frozen=True, slots=True, kw_only=True)
class TarEntry:
    """One entry without its content.

    Args:
        path: relative, ``/`` between components, no ``.``, ``..`` or empty component.
        kind: what it is.
        mode: permission bits; the sticky bit is allowed, setuid and setgid are not.
        size: bytes of content, 0 unless it is a file.
        target: where a symbolic link points, as written.
        owner: numeric user and group at once; 0 for all but folders that a service writes to.

    Raises:
        ValueError: if a field breaks these rules.
    """

    path: str
    kind: EntryKind = EntryKind.FILE
    mode: int = 0o644
    size: int = 0
    target: str = ""
    owner: int = 0

    def __post_init__(self) -> None:
        check_path(self.path)
        if self.mode & ~_MODES:
            msg = f"{self.path}: expected permission bits without setuid and setgid"
            raise ValueError(msg)
        if not 0 <= self.owner <= _OCTAL_7:
            msg = f"{self.path}: expected an owner between 0 and {_OCTAL_7}, got {self.owner}"
            raise ValueError(msg)
        if self.size < 0 or (self.size and self.kind is not EntryKind.FILE):
            msg = f"{self.path}: only a file has content, got {self.size} bytes"
            raise ValueError(msg)
        if bool(self.target) != (self.kind is EntryKind.SYMLINK) or "\0" in self.target:
            msg = f"{self.path}: a symbolic link, and nothing else, has a target"
            raise ValueError(msg)

    @classmethod
    def file(cls, path: str, size: int, *, executable: bool = False) -> Self:
        """Return a regular file, mode 0644 or 0755."""
        return cls(path=path, size=size, mode=0o755 if executable else 0o644)

    @classmethod
    def directory(cls, path: str, mode: int = 0o755, *, owner: int = 0) -> Self:
        """Return a directory."""
        return cls(path=path, kind=EntryKind.DIRECTORY, mode=mode, owner=owner)

    @classmethod
    def symlink(cls, path: str, target: str) -> Self:
        """Return a symbolic link; its mode is 0777 as on Linux, whatever the host says."""
        return cls(path=path, kind=EntryKind.SYMLINK, mode=0o777, target=target)


def check_path(path: str) -> None:
    """Refuse a path that could leave the folder that an archive is unpacked in.

    Raises:
        ValueError: for an absolute path, an empty, ``.`` or ``..`` component, or a NUL.
    """
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        msg = f"expected a relative path without '.', '..' or empty components, got {path!r}"
        raise ValueError(msg)


def parents(path: str) -> Iterator[str]:
    """Yield the directories above a path, outermost first: ``a``, ``a/b`` for ``a/b/c``."""
    slash = path.find("/")
    while slash != -1:
        yield path[:slash]
        slash = path.find("/", slash + 1)


def padding(size: int) -> bytes:
    """Return the zeros that fill the last record of a content of that many bytes."""
    return bytes(-size % BLOCK)


def encode_header(entry: TarEntry) -> bytes:
    """Return the header of an entry: one record, or three with a pax extended header before it.

    POSIX.1-2017, pax §ustar interchange format and §pax extended header.
    """
    name = _encode(entry.path) + (b"/" if entry.kind is EntryKind.DIRECTORY else b"")
    target = _encode(entry.target)
    records = []
    prefix = b""
    split = _split(name)
    if split is None:
        records.append((b"path", name))
        name = _placeholder(name)
    else:
        prefix, name = split
    if len(target) > _NAME or not target.isascii():
        records.append((b"linkpath", target))
        target = _placeholder(target)
    size = entry.size
    if size > _OCTAL_11:
        records.append((b"size", b"%d" % size))
        size = 0
    header = _ustar(
        name,
        kind=entry.kind.value,
        mode=entry.mode,
        owner=entry.owner,
        size=size,
        prefix=prefix,
        target=target,
    )
    return _extended(records) + header if records else header


def write_tar(entries: Iterable[tuple[TarEntry, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a whole archive: ``write_entries`` and the two records that end it."""
    yield from write_entries(entries)
    yield END


def write_entries(entries: Iterable[tuple[TarEntry, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a part of an archive; the order is the caller's.

    Args:
        entries: each with the chunks of its content, which are consumed before the next entry.

    Raises:
        ValueError: if a content has not the size that its entry tells.
    """
    for entry, content in entries:
        yield encode_header(entry)
        written = 0
        for chunk in content:
            written += len(chunk)
            yield chunk
        if written != entry.size:
            msg = f"{entry.path}: expected {entry.size} bytes, got {written}"
            raise ValueError(msg)
        if filler := padding(written):
            yield filler


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Split a name over ustar's prefix and name fields, or return ``None`` if it can't be."""
    if not name.isascii():
        return None
    if len(name) <= _NAME:
        return b"", name
    slash = name.rfind(b"/", 1, min(_PREFIX + 1, len(name) - 1))
    if slash == -1 or len(name) - slash - 1 > _NAME:
        return None
    return name[:slash], name[slash + 1 :]


def _placeholder(value: bytes) -> bytes:
    """What readers without pax see in place of a value that ustar can't hold."""
    return value.decode("utf-8", "replace").encode("ascii", "replace")[:_NAME]


def _extended(records: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(_record(key, value) for key, value in records)
    header = _ustar(b"././@PaxHeader", kind=b"x", mode=0o644, size=len(body))
    return header + body + padding(len(body))


def _record(key: bytes, value: bytes) -> bytes:
    """Return length, key and value as pax writes them; the length counts its own digits too."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if rest + len(str(length)) != length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def _ustar(
    name: bytes,
    *,
    kind: bytes,
    mode: int,
    size: int,
    owner: int = 0,
    prefix: bytes = b"",
    target: bytes = b"",
) -> bytes:
    head = b"%s%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        name.ljust(_NAME, b"\0"),
        mode,
        owner,
        owner,
        size,
        EPOCH,
    )
    tail = b"%s%sustar\x0000%s%s" % (
        kind,
        target.ljust(_NAME, b"\0"),
        bytes(80),  # user and group name, device numbers
        prefix.ljust(_PREFIX + 12, b"\0"),
    )
    checksum = sum(head) + sum(tail) + 8 * ord(" ")
    return b"%s%06o\0 %s" % (head, checksum, tail)
