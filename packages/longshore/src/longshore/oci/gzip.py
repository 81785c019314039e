"""Gzip files of many members, written the same on every machine (RFC 1952 §2.2: members).

A layer is a sequence of members. Three writers make them, and none uses the host's zlib, whose
bytes differ between versions:

- ``copied_member`` frames DEFLATE data that somebody else made (an entry of a wheel);
- ``pack_header`` compresses tar headers with run lengths and the fixed code of RFC 1951 §3.2.6;
- ``GzipEncoder`` compresses everything else with a pinned libdeflate.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import deflate

from longshore.errors import SupplyChainError

MEMBER_HEADER: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""No name, no time, no compression flags, operating system 255 (unknown): nothing of the host."""

BLOCK: Final = 1 << 20
"""Bytes of input per member of ``GzipEncoder``: bounds memory, costs under 0.1 % of size."""

LEVEL: Final = 6

_READ = 1 << 16
_WINDOW = 16 + zlib.MAX_WBITS  # gzip framing


def _trailer(crc: int, size: int) -> bytes:
    return crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def copied_member(chunks: Iterable[bytes], *, crc: int, size: int) -> Iterator[bytes]:
    """Frame raw DEFLATE data as one member.

    Args:
        chunks: exactly one DEFLATE stream.
        crc: the CRC-32 of what it inflates to.
        size: the bytes that it inflates to.
    """
    yield MEMBER_HEADER
    yield from chunks
    yield _trailer(crc, size)


# ---- tar headers: run lengths and the fixed code


def _bits(value: int, count: int) -> str:
    """Return a number as DEFLATE writes it: least significant bit first."""
    return "".join(str(value >> index & 1) for index in range(count))


def _fixed_code(symbol: int) -> str:
    """Return the fixed code of a literal or length symbol (RFC 1951 §3.2.6)."""
    if symbol < 144:  # noqa: PLR2004 - the table of the RFC
        return f"{0x30 + symbol:08b}"
    if symbol < 256:  # noqa: PLR2004
        return f"{0x190 + symbol - 144:09b}"
    if symbol < 280:  # noqa: PLR2004
        return f"{symbol - 256:07b}"
    return f"{0xC0 + symbol - 280:08b}"


def _match_codes() -> dict[int, str]:
    """Return the bits of "repeat the last byte N times" for 3 ≤ N ≤ 258 (RFC 1951 §3.2.5)."""
    codes = {}
    symbol, length, extra = 257, 3, 0
    while symbol < 285:  # noqa: PLR2004 - 285 is 258 without extra bits
        for value in range(1 << extra):
            codes[length + value] = _fixed_code(symbol) + _bits(value, extra) + "00000"
        length += 1 << extra
        symbol += 1
        extra = max(0, (symbol - 261) // 4)
    codes[258] = _fixed_code(285) + "00000"
    return codes


_LITERALS = {chr(symbol): _fixed_code(symbol) for symbol in range(256)}
_TRANSLATION = str.maketrans(_LITERALS)
_MATCHES = _match_codes()
_RUN = re.compile(r"(.)\1{3,258}", re.DOTALL)
_START, _STOP = "110", "0000000"  # final block, fixed code; end of block


def deflate_runs(data: bytes) -> bytes:
    """Return a raw DEFLATE stream of some bytes with long runs, such as a tar header.

    Only runs are shortened, with the fixed code: about 120 bytes for a header, and a few
    microseconds; the bytes are this function's alone.
    """
    parts = [_START]
    position = 0
    text = data.decode("latin-1")
    for match in _RUN.finditer(text):
        parts.append(text[position : match.start() + 1].translate(_TRANSLATION))
        parts.append(_MATCHES[match.end() - match.start() - 1])
        position = match.end()
    parts.append(text[position:].translate(_TRANSLATION))
    parts.append(_STOP)
    bits = "".join(parts)
    return int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


def pack_header(data: bytes) -> bytes:
    """Return tar headers and padding as one member."""
    return MEMBER_HEADER + deflate_runs(data) + _trailer(deflate.crc32(data), len(data))


# ---- everything else


@dataclass(frozen=True, slots=True, kw_only=True)
class GzipEncoder:
    """Compresses with the pinned libdeflate: one member per ``BLOCK`` bytes of input.

    Args:
        level: 1 to 12.
    """

    level: int = LEVEL

    @property
    def id(self) -> str:
        """What decides the bytes: the wrapper's version stands for the libdeflate inside it."""
        return f"gzip;deflate={deflate.__version__};level={self.level};block={BLOCK}"

    def encode(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Compress a stream; how it is cut into chunks does not matter."""
        pending = bytearray()
        for chunk in chunks:
            pending += chunk
            while len(pending) >= BLOCK:
                yield self.member(bytes(pending[:BLOCK]))
                del pending[:BLOCK]
        if pending:
            yield self.member(bytes(pending))

    def member(self, data: bytes) -> bytes:
        """Return some bytes as one member."""
        body = bytes(deflate.deflate_compress(data, self.level))
        return MEMBER_HEADER + body + _trailer(deflate.crc32(data), len(data))


# ---- reading


def inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a gzip file of any number of members holds, in chunks of bounded size.

    Each member's CRC-32 and size are checked.

    Raises:
        SupplyChainError: if the data is damaged, cut short, or followed by something else.
    """
    decoder = zlib.decompressobj(_WINDOW)
    fresh = True  # at the start of a member
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(view), _READ):
            data: bytes | memoryview = view[start : start + _READ]
            while data:
                if fresh and not _is_member(data):
                    msg = "gzip data is followed by something that is no member"
                    raise SupplyChainError(msg)
                yield from _inflate_piece(decoder, data)
                fresh = decoder.eof
                data = b""
                if fresh:
                    data = decoder.unused_data
                    decoder = zlib.decompressobj(_WINDOW)
    if not fresh:
        msg = "gzip data is cut short"
        raise SupplyChainError(msg)


def _is_member(data: bytes | memoryview) -> bool:
    return data[0] == MEMBER_HEADER[0]


def _inflate_piece(decoder: "zlib._Decompress", data: bytes | memoryview) -> Iterator[bytes]:
    try:
        while data and not decoder.eof:  # at the end, CPython's unconsumed tail is stale
            piece = decoder.decompress(data, BLOCK)
            data = decoder.unconsumed_tail
            if piece:
                yield piece
    except zlib.error as error:
        msg = f"gzip data is damaged: {error}"
        raise SupplyChainError(msg) from error
