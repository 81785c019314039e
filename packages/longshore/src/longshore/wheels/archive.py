"""Read zip archives entry by entry, without inflating what is only copied (PKWARE APPNOTE 6.3.10).

An archive is refused as a whole if two readers could understand it differently, or if it could
leave the folder that it is unpacked in: what is checked here is what gets into an image.
"""

import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from struct import Struct
from typing import Final, Self

from longshore.errors import WheelError
from longshore.oci.tar import check_path, parents

CHUNK: Final = 1 << 20

_END = Struct("<4s4H2LH")
_END64_LOCATOR = Struct("<4sLQL")
_END64 = Struct("<4sQ2H2L4Q")
_CENTRAL = Struct("<4s6H3L5H2L")
_LOCAL = Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_U32, _U16 = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 1 << 0, 1 << 3, 1 << 11
_UNIX = 3
_ZIP64_EXTRA, _UNICODE_NAME_EXTRA = 1, 0x7075
_MAX_DIRECTORY = 64 << 20
_MAX_FILE = 8 << 30
_MAX_TOTAL = 16 << 30
_MAX_RATIO = 1032  # what DEFLATE can do at best


class Method(IntEnum):
    """How an entry is compressed (APPNOTE §4.4.5); wheels use no other."""

    STORED = 0
    DEFLATED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """One file of an archive.

    Args:
        name: its path, ``/`` between components.
        mode: its Unix permission bits, 0 where the archive does not tell.
        size: bytes of content.
        compressed_size: bytes in the archive.
        crc32: of the content.
        method: how it is compressed.
        offset: of its local header.
    """

    name: str
    mode: int
    size: int
    compressed_size: int
    crc32: int
    method: Method
    offset: int

    @property
    def executable(self) -> bool:
        """Whether anybody may execute it."""
        return bool(self.mode & 0o111)


class ZipArchive:
    """An open archive; reading is thread-safe.

    Raises:
        WheelError: from ``open`` and from every read, if the archive is not acceptable.
    """

    def __init__(self, name: str, handle: int, entries: tuple[ZipEntry, ...], limit: int) -> None:
        self.name = name
        self.entries = tuple(entry for entry in entries if not entry.name.endswith("/"))
        self._handle = handle
        starts = sorted({limit, *(entry.offset for entry in entries)})
        self._limits = dict(pairwise(starts))

    @classmethod
    def open(cls, path: Path, name: str = "") -> Self:
        """Read and check the central directory; ``name`` is what messages call the file."""
        where = name or path.name
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            msg = f"{where}: can't be read: {(error.strerror or str(error)).lower()}"
            raise WheelError(msg) from error
        try:
            start, data, count = _find_directory(where, handle)
            entries = tuple(_parse_directory(where, data, count))
            _check_names(where, entries)
            _check_start(where, handle, min((entry.offset for entry in entries), default=start))
            return cls(where, handle, entries, start)
        except BaseException:
            os.close(handle)
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def raw(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield an entry's bytes as they are in the archive, compressed or stored."""
        position = self._data_offset(entry)
        remaining = entry.compressed_size
        while remaining:
            chunk = os.pread(self._handle, min(remaining, CHUNK), position)
            if not chunk:
                raise self._error(entry, "is cut short")
            yield chunk
            position += len(chunk)
            remaining -= len(chunk)

    def content(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield an entry's content in chunks of bounded size; size and CRC-32 are checked."""
        chunks = self.raw(entry)
        crc = size = 0
        for chunk in chunks if entry.method is Method.STORED else self._inflate(entry, chunks):
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            if size > entry.size:
                break
            yield chunk
        if size != entry.size:
            raise self._error(entry, f"has not the {entry.size} bytes that the archive tells")
        if crc != entry.crc32:
            raise self._error(entry, "has another CRC-32 than the archive tells")

    def read(self, entry: ZipEntry) -> bytes:
        """Return the whole content of a small entry."""
        return b"".join(self.content(entry))

    def _inflate(self, entry: ZipEntry, chunks: Iterator[bytes]) -> Iterator[bytes]:
        decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for chunk in chunks:
                data = chunk
                while data and not decoder.eof:
                    yield decoder.decompress(data, CHUNK)
                    data = decoder.unconsumed_tail
                if decoder.eof:
                    break
            while not decoder.eof and (piece := decoder.decompress(b"", CHUNK)):
                yield piece  # what did not fit into the last chunk
        except zlib.error as error:
            raise self._error(entry, f"is damaged: {error}") from error
        if not decoder.eof or decoder.unused_data or next(chunks, b""):
            raise self._error(entry, "is not exactly one DEFLATE stream")

    def _data_offset(self, entry: ZipEntry) -> int:
        """Check the local header against the central directory; return where the data starts."""
        header = os.pread(self._handle, _LOCAL.size, entry.offset)
        if len(header) != _LOCAL.size or header[:4] != _LOCAL_MARK:
            raise self._error(entry, "has no local header")
        fields = _LOCAL.unpack(header)
        flags, method, crc, compressed, size, name_length, extra_length = fields[2:4] + fields[6:11]
        rest = os.pread(self._handle, name_length + extra_length, entry.offset + _LOCAL.size)
        size, compressed = _wide(rest[name_length:], size, compressed)
        agrees = (
            not flags & _ENCRYPTED
            and rest[:name_length] == _encode(entry.name, flags)
            and method == entry.method
        )
        for have, want in (
            (crc, entry.crc32),
            (size, entry.size),
            (compressed, entry.compressed_size),
        ):
            # Archives that are written as a stream tell the numbers after the data.
            agrees = agrees and (have == want or (have == 0 and bool(flags & _DESCRIPTOR)))
        if not agrees:
            raise self._error(entry, "has a local header that contradicts the central directory")
        start: int = entry.offset + _LOCAL.size + name_length + extra_length
        end = start + entry.compressed_size
        limit = self._limits.get(entry.offset, 0)
        if end > limit:
            raise self._error(entry, "overlaps another entry")
        if limit > end and _LOCAL_MARK in os.pread(self._handle, min(limit - end, CHUNK), end):
            raise self._error(entry, "is followed by an entry that is not in the directory")
        return start

    def _error(self, entry: ZipEntry, problem: str) -> WheelError:
        return _error(self.name, f"{entry.name!r} {problem}")


def _error(where: str, problem: str) -> WheelError:
    return WheelError(f"{where}: {problem}", hint="the file is damaged or made to deceive")


def _find_directory(where: str, handle: int) -> tuple[int, bytes, int]:
    """Return offset, bytes and number of entries of the central directory (APPNOTE §4.3)."""
    size = os.fstat(handle).st_size
    tail_size = min(size, _END.size + _U16)
    tail = os.pread(handle, tail_size, size - tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at == -1 or len(tail) - at < _END.size:
        raise _error(where, "not a zip archive")
    _, disk, first, here, count, length, start, comment = _END.unpack_from(tail, at)
    end = size - tail_size + at
    if end + _END.size + comment != size:
        raise _error(where, "the archive is followed by something else")
    locator_at = max(0, end - _END64_LOCATOR.size)
    is_wide = os.pread(handle, 4, locator_at) == b"PK\x06\x07"  # some readers go by this alone
    if is_wide or _U16 in (disk, first, here, count) or _U32 in (length, start):
        end, disk, first, here, count, length, start = _read_end64(where, handle, end)
    if disk or first or here != count:
        raise _error(where, "the archive has several parts")
    if length > _MAX_DIRECTORY:
        raise _error(where, f"the central directory has {length} bytes")
    if start + length != end:
        raise _error(where, "the central directory is not where the archive tells")
    return start, os.pread(handle, length, start), count


def _read_end64(where: str, handle: int, end: int) -> tuple[int, int, int, int, int, int, int]:
    locator = os.pread(handle, _END64_LOCATOR.size, max(0, end - _END64_LOCATOR.size))
    if not locator.startswith(b"PK\x06\x07"):
        raise _error(where, "the zip64 end of the central directory is missing")
    at = _END64_LOCATOR.unpack(locator)[2]
    # Some readers look right before the locator, wherever it points to.
    is_adjacent = at + _END64.size + _END64_LOCATOR.size == end
    record = os.pread(handle, _END64.size, at) if is_adjacent else b""
    if len(record) != _END64.size or not record.startswith(b"PK\x06\x06"):
        raise _error(where, "the zip64 end of the central directory is missing")
    _, _, _, _, disk, first, here, count, length, start = _END64.unpack(record)
    return at, disk, first, here, count, length, start


def _parse_directory(where: str, data: bytes, count: int) -> Iterator[ZipEntry]:
    position = 0
    total = 0
    for _ in range(count):
        if data[position : position + 4] != b"PK\x01\x02" or len(data) - position < _CENTRAL.size:
            raise _error(where, "the central directory is damaged")
        fields = _CENTRAL.unpack_from(data, position)
        name_end = position + _CENTRAL.size + fields[10]
        extra_end = name_end + fields[11]
        raw_name = data[position + _CENTRAL.size : name_end]
        try:
            name = _decode(raw_name, fields[3])
        except UnicodeDecodeError as error:
            raise _error(where, f"the name {raw_name!r} is not UTF-8") from error
        entry = _parse_entry(where, name, fields, data[name_end:extra_end])
        total += entry.size
        position = extra_end + fields[12]
        yield entry
    if position != len(data):
        raise _error(where, "the central directory has more entries than the archive tells")
    if total > _MAX_TOTAL:
        raise _error(where, f"the archive unpacks to {total} bytes")


def _parse_entry(where: str, name: str, fields: tuple[int, ...], extra: bytes) -> ZipEntry:
    system, flags, method, crc = fields[1] >> 8, fields[3], fields[4], fields[7]
    size, compressed, offset = _wide(extra, fields[9], fields[8], fields[16])
    if flags & _ENCRYPTED:
        raise _error(where, f"{name!r} is encrypted")
    if (other := _other_name(extra, name)) is not None:
        raise _error(where, f"{name!r} is also called {other!r}")
    if method not in (Method.STORED, Method.DEFLATED):
        raise _error(where, f"{name!r} is compressed by the unknown method {method}")
    mode = fields[15] >> 16 if system == _UNIX else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _error(where, f"{name!r} is neither a file nor a folder")
    if size > _MAX_FILE or size > _MAX_RATIO * compressed or (name.endswith("/") and size):
        raise _error(where, f"{name!r} claims {size} bytes, compressed to {compressed}")
    return ZipEntry(
        name=name,
        mode=stat.S_IMODE(mode),
        size=size,
        compressed_size=compressed,
        crc32=crc,
        method=Method(method),
        offset=offset,
    )


def _decode(name: bytes, flags: int) -> str:
    return name.decode("utf-8" if flags & _UTF8 else "cp437")


def _encode(name: str, flags: int) -> bytes | None:
    try:
        return name.encode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeEncodeError:
        return None


def _other_name(extra: bytes, name: str) -> str | None:
    """Return a name that Info-ZIP's Unicode field gives an entry instead (APPNOTE §4.6.9)."""
    for kind, field in _extra_fields(extra):
        other = field[5:].decode("utf-8", "replace")
        if kind == _UNICODE_NAME_EXTRA and other != name:
            return other
    return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        kind = int.from_bytes(extra[position : position + 2], "little")
        length = int.from_bytes(extra[position + 2 : position + 4], "little")
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _wide(extra: bytes, *numbers: int) -> tuple[int, ...]:
    """Replace each number that is all ones by the next one of the zip64 field (APPNOTE §4.5.3)."""
    if _U32 not in numbers:
        return numbers
    field = b""
    for kind, value in _extra_fields(extra):
        if kind == _ZIP64_EXTRA:
            field = value
    wide = []
    for number in numbers:
        if number == _U32:
            wide.append(int.from_bytes(field[:8], "little"))
            field = field[8:]
        else:
            wide.append(number)
    return tuple(wide)


def _check_start(where: str, handle: int, first: int) -> None:
    """Refuse an entry before the first one that the central directory names."""
    if _LOCAL_MARK in os.pread(handle, min(first, CHUNK), 0):
        raise _error(where, "it begins with an entry that is not in the directory")


def _check_names(where: str, entries: tuple[ZipEntry, ...]) -> None:
    """Refuse names that leave the folder, appear twice, or are a file and a folder at once."""
    seen: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        name = entry.name.removesuffix("/")
        try:
            check_path(name)
        except ValueError as error:
            raise _error(where, f"bad name: {error}") from error
        if name in seen:
            raise _error(where, f"{name!r} appears twice")
        seen.add(name)
        folders.update(parents(name))
    if both := sorted({entry.name for entry in entries} & folders):
        raise _error(where, f"{both[0]!r} is a file and a folder")
