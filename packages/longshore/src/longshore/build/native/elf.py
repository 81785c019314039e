"""Read what the dynamic loader would: a file's own name, and the libraries that it needs.

Follows the System V gABI (chapters 4 and 5). Only the program headers and the dynamic section
count, as for the loader; section headers may be stripped. A few hundred bytes are read of a file of
any size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

MAGIC: Final = b"\x7fELF"

Read = Callable[[int, int], bytes]
"""Returns the bytes at an offset, fewer at the end of the file: ``read(offset, size)``."""

_LOAD, _DYNAMIC = 1, 2  # p_type
_NULL, _NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29  # d_tag
_IDENT = 16
_MAX_HEADER = 256
_MAX_DYNAMIC = 1 << 20
_MAX_NAME = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFile:
    """What a program or a shared library says about itself.

    Args:
        machine: ``e_machine``: 62 is x86-64, 183 is AArch64.
        soname: the name by which others need it, or an empty string.
        needed: names of the libraries that it is linked with, in its order.
        search: where the loader looks for them first: RUNPATH, else RPATH.
    """

    machine: int
    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Where things are in a file of one class: the fields that are used, the rest is padding."""

    header: str  # e_machine, e_phoff, e_phentsize, e_phnum, from the start of the file
    segment: str  # p_type, p_offset, p_vaddr, p_filesz
    entry: str  # d_tag, d_un


_SHAPES = {
    1: _Shape(header="18xH8xI10xHH", segment="III4xI", entry="iI"),
    2: _Shape(header="18xH12xQ14xHH", segment="I4xQQ8xQ", entry="qQ"),
}
_ORDERS = {1: "<", 2: ">"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def read_elf(read: Read) -> ElfFile | None:
    """Return what an ELF file says, or ``None`` for any other file.

    Raises:
        ValueError: if it starts like one and is damaged.
    """
    ident = read(0, _IDENT)
    if not ident.startswith(MAGIC):
        return None
    whole = len(ident) == _IDENT
    shape = _SHAPES.get(ident[4]) if whole else None
    order = _ORDERS.get(ident[5]) if whole else None
    if shape is None or order is None:
        msg = f"not an ELF file of a known class and byte order: {ident!r}"
        raise ValueError(msg)
    header = Struct(order + shape.header)
    machine, start, width, count = header.unpack(_exactly(read, 0, header.size))
    layout = Struct(order + shape.segment)
    if count and not layout.size <= width <= _MAX_HEADER:
        msg = f"program headers of {width} bytes"
        raise ValueError(msg)
    table = _exactly(read, start, width * count)
    segments = [
        _Segment(kind=kind, offset=offset, address=address, size=size)
        for kind, offset, address, size in (
            layout.unpack_from(table, width * number) for number in range(count)
        )
    ]
    entries = list(_dynamic(read, segments, Struct(order + shape.entry)))
    return _describe(read, machine, segments, entries)


def _dynamic(read: Read, segments: list[_Segment], layout: Struct) -> Iterator[tuple[int, int]]:
    """Yield tag and value of the dynamic section; a static program has none."""
    for segment in segments:
        if segment.kind != _DYNAMIC:
            continue
        if segment.size > _MAX_DYNAMIC:
            msg = f"a dynamic section of {segment.size} bytes"
            raise ValueError(msg)
        size = segment.size - segment.size % layout.size
        for tag, value in layout.iter_unpack(_exactly(read, segment.offset, size)):
            if tag == _NULL:
                return
            yield tag, value


def _describe(
    read: Read, machine: int, segments: list[_Segment], entries: list[tuple[int, int]]
) -> ElfFile:
    wanted = (_NEEDED, _SONAME, _RPATH, _RUNPATH)
    found: dict[int, list[str]] = {tag: [] for tag in wanted}
    named = [(value, tag) for tag, value in entries if tag in wanted]
    if named:
        address = next((value for tag, value in entries if tag == _STRTAB), None)
        if address is None:
            msg = "a dynamic section without strings"
            raise ValueError(msg)
        start = _file_offset(segments, address)
        # In the file's order: what is compressed can only be read forwards.
        names = {value: _name(read, start + value) for value, _ in sorted(named)}
        for value, tag in named:
            found[tag].append(names[value])
    search = found[_RUNPATH] or found[_RPATH]
    return ElfFile(
        machine=machine,
        soname="".join(found[_SONAME][:1]),
        needed=tuple(found[_NEEDED]),
        search=tuple(folder for text in search for folder in text.split(":") if folder),
    )


def _file_offset(segments: list[_Segment], address: int) -> int:
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    msg = f"the address {address:#x} is in no segment"
    raise ValueError(msg)


def _name(read: Read, offset: int) -> str:
    name, end, _ = read(offset, _MAX_NAME).partition(b"\0")
    if not end:
        msg = f"a name without an end at {offset:#x}"
        raise ValueError(msg)
    return name.decode("utf-8", "replace")


def _exactly(read: Read, offset: int, size: int) -> bytes:
    data = read(offset, size)
    if len(data) != size:
        msg = f"expected {size} bytes at {offset:#x}, got {len(data)}"
        raise ValueError(msg)
    return data
