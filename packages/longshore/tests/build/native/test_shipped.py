"""What of a wheel the dynamic loader reads."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.build.native.shipped import read_wheels
from longshore.errors import WheelError
from longshore.layers.inputs import WheelInput
from longshore.oci.memos import MemoStore

MakeElf = Callable[..., bytes]
MakeInput = Callable[..., WheelInput]


def test_modules_libraries_and_programs_are_found(
    elf: MakeElf, wheel: MakeInput, memos: MemoStore
) -> None:
    item = wheel(
        "Native.Thing",
        {
            "native/_fast.cpython-313-x86_64-linux-gnu.so": elf("libm.so.6"),
            "native.libs/libown-1a2b.so.5.2": elf(soname="libown-1a2b.so.5"),
            "native/bin/tool": elf("libc.so.6"),
            "Native_Thing-1.0.data/scripts/other": elf("libz.so.1"),
            "native/notes.so": "no library",
            "native/sample.so": elf()[:40],
            "native/data.bin": elf("libnever.so"),
        },
        executables=("native/bin/tool",),
    )
    (found,) = read_wheels([item], memos)
    assert (found.name, found.filename) == ("native-thing", item.filename)
    assert {file.path: file.elf.needed for file in found.files} == {
        "Native_Thing-1.0.data/scripts/other": ("libz.so.1",),
        "native.libs/libown-1a2b.so.5.2": (),
        "native/_fast.cpython-313-x86_64-linux-gnu.so": ("libm.so.6",),
        "native/bin/tool": ("libc.so.6",),
    }


def test_a_wheel_is_read_once(elf: MakeElf, wheel: MakeInput, memos: MemoStore) -> None:
    item = wheel("native", {"native.so": elf("libm.so.6", soname="n.so", runpath="$ORIGIN:/opt")})
    first = read_wheels([item], memos)
    item.path.unlink()
    assert read_wheels([item], memos) == first


def test_a_large_library_is_read_in_pieces(
    elf: MakeElf, wheel: MakeInput, memos: MemoStore
) -> None:
    item = wheel("native", {"native.so": elf("libm.so.6", soname="n.so", padding=5 << 20)})
    (found,) = read_wheels([item], memos)
    assert found.files[0].elf.needed == ("libm.so.6",)
    assert found.files[0].elf.soname == "n.so"


def test_damage_is_an_error_and_not_remembered(
    elf: MakeElf, wheel: MakeInput, memos: MemoStore
) -> None:
    item = wheel("native", {"native.so": elf("libm.so.6", padding=100)})
    data = item.path.read_bytes()
    compressed = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = compressed.compress(elf("libm.so.6", padding=100)) + compressed.flush()
    start = data.index(body)
    item.path.write_bytes(data[:start] + b"\xff" * len(body) + data[start + len(body) :])
    with pytest.raises(WheelError, match=r"'native\.so' is damaged"):
        read_wheels([item], memos)
    item.path.write_bytes(data)
    assert read_wheels([item], memos)[0].files


def test_a_missing_wheel_is_an_error(tmp_path: Path, wheel: MakeInput, memos: MemoStore) -> None:
    item = wheel("native")
    item.path.unlink()
    with pytest.raises(WheelError, match="can't be read"):
        read_wheels([item], memos)
    assert not list(tmp_path.glob("*.whl"))
