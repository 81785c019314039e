"""Which wheels would not find a library in the image, and what to write about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from longshore.base import BaseImage
from longshore.build.native import check_native_libraries
from longshore.layers.inputs import WheelInput
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Finding, Musl, Severity

MakeElf = Callable[..., bytes]
MakeInput = Callable[..., WheelInput]
MakeImage = Callable[..., BaseImage]

LIBRARIES = "usr/lib/x86_64-linux-gnu"


@dataclass(frozen=True, kw_only=True)
class PlainLayer:
    """A layer of which nothing but the key is asked for."""

    key: Digest
    title: str = "base"

    def descriptor(self, destination: object) -> None:
        """Say that it was never made."""

    def open(self) -> Iterator[bytes]:
        """Have no content."""
        yield from ()


class Bench:
    """A base on disk, and the check of wheels on it."""

    def __init__(self, root: Path, image: BaseImage, memos: MemoStore) -> None:
        self.root = root
        self.image = image
        self.memos = memos
        self.unpacked = 0

    def add(self, *paths: str) -> None:
        for path in paths:
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()

    def unpack(self) -> Path:
        self.unpacked += 1
        return self.root

    def check(self, *wheels: WheelInput) -> tuple[Finding, ...]:
        return check_native_libraries(
            wheels, image=self.image, unpack=self.unpack, memos=self.memos
        )


@pytest.fixture
def bench(tmp_path: Path, image: MakeImage, memos: MemoStore) -> Bench:
    return Bench(tmp_path / "root", image(), memos)


def test_what_is_missing_is_named_with_its_package(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    needs = elf("libodbc.so.2", "libc.so.6")
    item = wheel("pyodbc", {"pyodbc.so": needs, "odbc/tests/plugin.so": needs})
    (finding,) = bench.check(item)
    assert finding == Finding(
        rule="native.linked",
        severity=Severity.WARNING,
        location=item.filename,
        message=(
            "needs what is neither in a wheel nor in the base: libodbc.so.2 (pyodbc.so and 1 more)"
        ),
        hint='add to [tool.longshore]: packages = ["libodbc2"]',
        docs="how-to/native-libraries.md",
    )


def test_wheels_that_need_the_c_library_alone_leave_the_base_packed(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    native = wheel("native", {"n.so": elf("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2")})
    assert bench.check(wheel("pure"), native) == ()
    assert bench.unpacked == 0


@pytest.mark.parametrize(
    "place",
    [f"{LIBRARIES}/libpq.so.5", "usr/lib/libpq.so.5", "lib/x86_64-linux-gnu/libpq.so.5"],
)
def test_the_base_has_it_where_the_loader_looks(
    bench: Bench, elf: MakeElf, wheel: MakeInput, place: str
) -> None:
    bench.add(place)
    assert bench.check(wheel("native", {"n.so": elf("libpq.so.5")})) == ()
    assert bench.unpacked == 1


def test_a_base_is_looked_at_once(bench: Bench, elf: MakeElf, wheel: MakeInput) -> None:
    layer = PlainLayer(key=Digest.of(b"base"))
    bench.image = replace(bench.image, layers=(layer,))
    bench.add(f"{LIBRARIES}/libpq.so.5")
    for name in ("one", "two"):
        assert bench.check(wheel(name, {f"{name}.so": elf("libpq.so.5")})) == ()
    assert bench.unpacked == 1
    bench.image = replace(bench.image, layers=(layer, PlainLayer(key=Digest.of(b"more"))))
    assert bench.check(wheel("three", {"three.so": elf("libpq.so.5")})) == ()
    assert bench.unpacked == 2


def test_another_folder_counts_if_the_file_says_so(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    bench.add("opt/vendor/libv.so")
    assert bench.check(wheel("one", {"one.so": elf("libv.so", runpath="/opt/vendor")})) == ()
    assert bench.check(wheel("two", {"two.so": elf("/opt/vendor/libv.so")})) == ()
    assert len(bench.check(wheel("three", {"three.so": elf("libv.so")}))) == 1
    assert len(bench.check(wheel("four", {"four.so": elf("/opt/libv.so")}))) == 1
    bench.add("$ORIGIN/libv.so")
    assert len(bench.check(wheel("five", {"five.so": elf("libv.so", runpath="$ORIGIN")}))) == 1


def test_what_any_wheel_brings_is_there(bench: Bench, elf: MakeElf, wheel: MakeInput) -> None:
    torch = wheel("torch", {"torch/lib/libtorch.so": elf(soname="libtorch.so.2")})
    by_soname = wheel("vision", {"vision/_C.so": elf("libtorch.so.2")})
    by_name = wheel("audio", {"audio/_C.so": elf("libtorch.so")})
    assert bench.check(by_soname, by_name, torch) == ()
    assert len(bench.check(by_soname, by_name)) == 2


def test_files_for_other_systems_are_left_alone(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    item = wheel(
        "everywhere",
        {
            "bin/arm64.so": elf("libpq.so.5", machine=183),
            "bin/musl.so": elf("libpq.so.5", "libc.musl-x86_64.so.1"),
        },
    )
    assert bench.check(item) == ()


def test_a_file_for_another_machine_brings_nothing(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    item = wheel(
        "mixed",
        {"arm/libown.so": elf(machine=183, soname="libown.so"), "own.so": elf("libown.so")},
    )
    (finding,) = bench.check(item)
    assert finding.hint == "find the Debian package: apt-file search libown.so"


def test_on_musl_the_libraries_of_glibc_are_missing_nowhere(
    tmp_path: Path, image: MakeImage, memos: MemoStore, elf: MakeElf, wheel: MakeInput
) -> None:
    base = image("image:registry.test/alpine", Musl(1, 2))
    bench = Bench(tmp_path / "root", base, memos)
    item = wheel(
        "both", {"g.so": elf("libc.so.6", "libpq.so.5"), "m.so": elf("libc.musl-x86_64.so.1")}
    )
    (finding,) = bench.check(item)
    assert "libc.musl-x86_64.so.1 (m.so)" in finding.message
    assert finding.hint == "choose a base that has libc.musl-x86_64.so.1"
    bench.add("lib/libc.musl-x86_64.so.1")
    assert bench.check(item) == ()


def test_a_long_list_is_cut_and_the_hint_is_whole(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    item = wheel(
        "screen",
        {"s.so": elf("libX11.so.6", "libXext.so.6", "libGL.so.1", "libSM.so.6", "libzz.so.9")},
    )
    (finding,) = bench.check(item)
    assert finding.message.endswith(
        "libSM.so.6 (s.so), libX11.so.6 (s.so), libXext.so.6 (s.so), 1 more"
    )
    assert finding.hint == (
        'add to [tool.longshore]: packages = ["libgl1", "libsm6", "libx11-6", "libxext6"]; '
        "find the Debian package: apt-file search libzz.so.9"
    )


def test_what_is_loaded_by_name_is_hinted_at(bench: Bench, wheel: MakeInput) -> None:
    item = wheel("python-magic")
    (finding,) = bench.check(item)
    assert finding.rule == "native.loaded"
    assert str(finding) == (
        f"{item.filename}: loads what is neither in a wheel nor in the base: libmagic.so.1"
    )
    assert finding.hint == 'add to [tool.longshore]: packages = ["libmagic1t64"]'
    bench.add(f"{LIBRARIES}/libmagic.so.1")
    assert bench.check(item) == ()


def test_a_package_that_brings_the_library_settles_it(
    bench: Bench, elf: MakeElf, wheel: MakeInput
) -> None:
    psycopg = wheel("psycopg")
    assert bench.check(psycopg, wheel("psycopg-binary")) == ()
    magic = wheel("python-magic")
    bundle = wheel("bundle", {"libmagic.so.1": elf(soname="libmagic.so.1")})
    assert bench.check(magic, bundle) == ()
    foreign = wheel("foreign", {"libmagic.so.1": elf(soname="libmagic.so.1", machine=183)})
    assert len(bench.check(magic, foreign)) == 1


def test_find_library_finds_nothing_without_the_cache_that_it_asks(
    bench: Bench, wheel: MakeInput
) -> None:
    psycopg = wheel("psycopg")
    bench.add(f"{LIBRARIES}/libpq.so.5")
    (finding,) = bench.check(psycopg)
    assert finding.message == (
        "looks for libpq.so.5 by ctypes.util.find_library, which finds none without ldconfig"
    )
    assert finding.hint == (
        'add to [tool.longshore]: packages = ["libc-bin"]; or depend on psycopg-binary or psycopg-c'
    )
    (bench.root / LIBRARIES / "libpq.so.5").unlink()
    (finding,) = bench.check(psycopg)
    assert '["libc-bin", "libpq5"]' in (finding.hint or "")
    bench.add("usr/sbin/ldconfig", "etc/ld.so.cache", f"{LIBRARIES}/libpq.so.5")
    assert bench.check(psycopg) == ()
    (bench.root / LIBRARIES / "libpq.so.5").unlink()
    (finding,) = bench.check(wheel("pyzbar"))
    assert finding.message.startswith("loads what is neither in a wheel nor in the base: libzbar")
    assert finding.hint == 'add to [tool.longshore]: packages = ["libzbar0t64"]'
