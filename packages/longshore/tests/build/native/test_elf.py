"""What the dynamic loader would read of a file."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.build.native.elf import ElfFile, read_elf

MakeElf = Callable[..., bytes]


def read(data: bytes) -> ElfFile | None:
    return read_elf(lambda offset, size: data[offset : offset + size])


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_library_tells_its_name_its_needs_and_where_to_look(
    elf: MakeElf, bits: int, order: str
) -> None:
    data = elf("libz.so.1", "libc.so.6", soname="libown.so.2", rpath="/old", bits=bits, order=order)
    assert read(data) == ElfFile(
        machine=62, soname="libown.so.2", needed=("libz.so.1", "libc.so.6"), search=("/old",)
    )


def test_runpath_makes_rpath_void(elf: MakeElf) -> None:
    found = read(elf("libz.so.1", rpath="/old", runpath="$ORIGIN/../x.libs:/opt/lib"))
    assert found is not None
    assert found.search == ("$ORIGIN/../x.libs", "/opt/lib")


def test_what_is_far_behind_is_found(elf: MakeElf) -> None:
    found = read(elf("libz.so.1", padding=100_000))
    assert found is not None
    assert found.needed == ("libz.so.1",)


def test_a_program_that_is_linked_statically_needs_nothing(elf: MakeElf) -> None:
    data = bytearray(elf("libz.so.1"))
    data[64 + 56] = 4  # PT_NOTE in place of PT_DYNAMIC
    assert read(bytes(data)) == ElfFile(machine=62, soname="", needed=(), search=())


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fEL", b"MZ" + bytes(60)])
def test_another_file_is_none(data: bytes) -> None:
    assert read(data) is None


def _broken(data: bytes, position: int, value: bytes) -> bytes:
    return data[:position] + value + data[position + len(value) :]


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (4, b"\x03", "known class"),
        (5, b"\x00", "known class"),
        (54, b"\x08\x00", "program headers of 8 bytes"),
        (54, b"\xff\xff", "program headers of 65535 bytes"),
        (32, b"\xff\xff\xff\xff", "expected 112 bytes at 0xffffffff"),
        (64 + 56 + 8, b"\xff\xff\xff", "bytes at 0xffffff"),
        (64 + 56 + 32, b"\xff\xff\xff\xff", "a dynamic section of 4294967295 bytes"),
        (64 + 16, b"\xff\xff\xff\xff", "is in no segment"),
    ],
)
def test_a_damaged_file_is_refused(elf: MakeElf, position: int, value: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(_broken(elf("libz.so.1"), position, value))


def test_a_name_needs_an_end_and_a_table(elf: MakeElf) -> None:
    data = elf("libz.so.1")
    with pytest.raises(ValueError, match="expected 64 bytes at"):
        read(data[:-1])
    no_table = data.replace((5).to_bytes(8, "little"), (6).to_bytes(8, "little"))
    with pytest.raises(ValueError, match="without strings"):
        read(no_table)
    beyond = data.replace(
        (1).to_bytes(8, "little") * 2, (1).to_bytes(8, "little") + (9999).to_bytes(8, "little")
    )
    with pytest.raises(ValueError, match="a name without an end at"):
        read(beyond)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x7fELF", b"\x7fELF\x02\x01\x01"]))
def test_no_input_escapes_as_another_error(data: bytes, start: bytes) -> None:
    with suppress(ValueError):
        read(start + data)


@pytest.mark.skipif(sys.platform != "linux", reason="the program is an ELF file on Linux only")
def test_the_program_that_runs_this_is_read() -> None:
    found = read(Path(sys.executable).read_bytes())
    assert found is not None
    assert any(name.startswith(("libc.", "libpython")) for name in found.needed)
