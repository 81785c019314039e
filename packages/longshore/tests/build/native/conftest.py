"""ELF files in memory, small enough to read in a hex dump."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from struct import pack

import pytest

from longshore.base import BaseImage, Interpreter
from longshore.layers.inputs import WheelInput
from longshore.oci.config import ImageConfig
from longshore.oci.memos import MemoStore
from longshore.testing import make_wheel
from longshore.types import Digest, Glibc, Musl, Platform, PythonVersion, Target

MakeElf = Callable[..., bytes]
MakeInput = Callable[..., WheelInput]
MakeImage = Callable[..., BaseImage]

ADDRESS = 0x10000


def make_elf(
    *needed: str,
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    machine: int = 62,
    bits: int = 64,
    order: str = "<",
    padding: int = 0,
) -> bytes:
    """Return a file with one loaded segment: strings, then ``padding``, then what is dynamic."""
    strings = b"\0"
    tags: list[tuple[int, int]] = []
    texts = [*((1, name) for name in needed), (14, soname), (15, rpath), (29, runpath)]
    for tag, text in texts:
        if text:
            tags.append((tag, len(strings)))
            strings += text.encode() + b"\0"
    wide = bits == 64
    header, segment = (64, 56) if wide else (52, 32)
    body = header + 2 * segment
    tags += [(5, ADDRESS + body), (10, len(strings)), (0, 0)]
    dynamic = b"".join(pack(order + ("qQ" if wide else "iI"), *tag) for tag in tags)
    start = body + len(strings) + padding
    end = start + len(dynamic)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    words = "QQQ" if wide else "III"
    fixed = pack(
        f"{order}HHI{words}IHHHHHH", 3, machine, 1, 0, header, 0, 0, header, segment, 2, 0, 0, 0
    )
    if wide:
        load = pack(order + "IIQQQQQQ", 1, 5, 0, ADDRESS, 0, end, end, 1)
        dyn = pack(order + "IIQQQQQQ", 2, 6, start, ADDRESS + start, 0, len(dynamic), 0, 1)
    else:
        load = pack(order + "8I", 1, 0, ADDRESS, 0, end, end, 5, 1)
        dyn = pack(order + "8I", 2, start, ADDRESS + start, 0, len(dynamic), 0, 6, 1)
    return ident + fixed + load + dyn + strings + bytes(padding) + dynamic


@pytest.fixture
def elf() -> MakeElf:
    """Make an ELF file: ``elf("libpq.so.5", soname="libown.so")``."""
    return make_elf


@pytest.fixture
def memos(tmp_path: Path) -> MemoStore:
    """An empty memory."""
    return MemoStore(tmp_path / "memos")


@pytest.fixture
def wheel(tmp_path: Path) -> MakeInput:
    """Write a wheel to disk: ``wheel("psycopg-c", {"psycopg_c/pq.so": elf("libpq.so.5")})``."""

    def make(
        name: str, files: dict[str, bytes | str] | None = None, *, executables: tuple[str, ...] = ()
    ) -> WheelInput:
        archive = make_wheel(
            name, files=files, tag="cp313-cp313-linux_x86_64", executables=executables
        )
        path = tmp_path / archive.filename
        path.write_bytes(archive.content)
        return WheelInput(path=path, sha256=Digest.of(archive.content), filename=archive.filename)

    return make


@pytest.fixture
def image() -> MakeImage:
    """Describe a base with Python 3.13 for x86-64."""

    def make(reference: str = "debian:trixie", libc: Glibc | Musl | None = None) -> BaseImage:
        python, libc = PythonVersion(3, 13, 5), libc or Glibc(2, 41)
        platform = Platform("linux", "amd64")
        return BaseImage(
            reference=reference,
            target=Target.cpython(platform=platform, python=python, libc=libc),
            config=ImageConfig(),
            layers=(),
            interpreter=Interpreter(
                path=PurePosixPath("/usr/bin/python3.13"),
                version=python,
                magic="f30d0d0a",
                soabi="cpython-313-x86_64-linux-gnu",
            ),
            libc=libc,
            os_packages=(),
            user="65532:65532",
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )

    return make
