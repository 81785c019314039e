"""``longshore.lock`` reads back as it was written, and says what is wrong with it."""

import string
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.errors import ExitCode, LockError
from longshore.locks.pins import (
    BasePins,
    BuildPins,
    PinnedDeb,
    PinnedSdist,
    PinnedWheel,
    Pins,
    parse_pins,
    read_pins,
    render_pins,
)
from longshore.types import Digest, Platform, parse_name

AMD64 = Platform("linux", "amd64")
LIBC6 = PinnedDeb(
    name="libc6",
    version="2.41-12",
    architecture="amd64",
    source="glibc",
    archive="debian",
    path="pool/main/g/glibc/libc6_2.41-12_amd64.deb",
    size=2_847_620,
    sha256=Digest.of(b"libc6"),
)
BASE = BasePins(
    reference="debian:trixie",
    platform=AMD64,
    extra=("libpq5",),
    date=datetime(2026, 11, 14, 10, 12, 13, tzinfo=UTC),
    packages=(LIBC6,),
)
BUILD = BuildPins(
    requires=("hatchling>=1.27",),
    python="3.13",
    packages=(
        PinnedWheel(name=parse_name("hatchling"), version="1.27.0", sha256s=(Digest.of(b"h"),)),
    ),
)
SDIST = PinnedSdist(
    name=parse_name("docopt"),
    version="0.6.2",
    digest=Digest.of(b"d"),
    python="3.13",
    requires=("hatchling>=1.27",),
    compiled=False,
)
PINS = Pins(bases=(BASE,), builds=(BUILD,), sdists=(SDIST,))

GOLDEN = f"""\
# Written by `longshore lock`. Commit it, don't edit it.
format = 1

[[base]]
reference = "debian:trixie"
platform = "linux/amd64"
extra = [
    "libpq5",
]
date = 2026-11-14 10:12:13+00:00

[[base.packages]]
name = "libc6"
version = "2.41-12"
architecture = "amd64"
source = "glibc"
archive = "debian"
path = "pool/main/g/glibc/libc6_2.41-12_amd64.deb"
size = 2847620
sha256 = "{LIBC6.sha256.hex}"

[[sdist]]
name = "docopt"
version = "0.6.2"
hash = "{SDIST.digest}"
python = "3.13"
requires = [
    "hatchling>=1.27",
]
compiled = false

[[build]]
requires = [
    "hatchling>=1.27",
]
python = "3.13"

[[build.packages]]
name = "hatchling"
version = "1.27.0"
sha256 = [
    "{Digest.of(b"h").hex}",
]
"""


def test_the_file_is_the_golden_one(tmp_path: Path) -> None:
    assert render_pins(PINS) == GOLDEN
    path = tmp_path / "longshore.lock"
    path.write_text(GOLDEN)
    assert read_pins(path) == PINS


words = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
digests = st.binary(max_size=4).map(Digest.of)
debs = st.builds(
    PinnedDeb,
    name=words,
    version=words,
    architecture=words,
    source=words,
    archive=st.sampled_from(["debian", "debian-security"]),
    path=words.map(lambda word: f"pool/main/{word}/{word}_1%3a1.0~rc1+b1_all.deb"),
    size=st.integers(1, 1 << 40),
    sha256=digests,
)
zones = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
dates = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001


@given(
    st.lists(debs, unique_by=lambda deb: deb.name),
    st.sets(words),
    dates.map(lambda date: date.astimezone(UTC).replace(microsecond=0)),
)
def test_what_is_written_reads_back(
    packages: list[PinnedDeb], extra: set[str], date: datetime
) -> None:
    base = BasePins(
        reference="debian:trixie",
        platform=AMD64,
        extra=tuple(sorted(extra)),
        date=date,
        packages=tuple(sorted(packages, key=lambda deb: deb.name)),
    )
    text = render_pins(Pins(bases=(base,)))
    import tomllib

    assert parse_pins(tomllib.loads(text)) == Pins(bases=(base,))


def test_the_order_of_the_input_does_not_matter() -> None:
    other = PinnedDeb(**{**_fields(LIBC6), "name": "base-files"})
    one = BasePins(
        reference="debian:trixie", platform=AMD64, date=BASE.date, packages=(LIBC6, other)
    )
    two = BasePins(
        reference="debian:trixie", platform=AMD64, date=BASE.date, packages=(other, LIBC6)
    )
    assert render_pins(Pins(bases=(BASE, one))) == render_pins(Pins(bases=(two, BASE)))


def test_pins_are_found_by_what_was_asked_for() -> None:
    assert PINS.base("debian:trixie", AMD64, ("libpq5",)) is BASE
    assert PINS.base("debian:trixie", AMD64) is None
    assert PINS.base("debian:bookworm", AMD64, ("libpq5",)) is None
    assert PINS.base("debian:trixie", Platform("linux", "arm64"), ("libpq5",)) is None
    assert PINS.build(("hatchling>=1.27",), "3.13") is BUILD
    assert PINS.build(("hatchling>=1.27",), "3.12") is None


def test_no_file_is_no_pins(tmp_path: Path) -> None:
    assert read_pins(tmp_path / "longshore.lock") is None


def _fields(deb: PinnedDeb) -> dict[str, Any]:
    return {name: getattr(deb, name) for name in PinnedDeb.__slots__}


def document() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(GOLDEN)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sha256", "12ab", "base[0].packages[0].sha256: expected 64 lower-case hexadecimal digits"),
        ("size", 0, "base[0].packages[0].size: expected a positive number, got 0"),
        ("size", True, "base[0].packages[0].size: expected a positive number, got True"),
        ("name", 3, "base[0].packages[0].name: expected a string, got 3"),
        ("path", "../etc/x.deb", "base[0].packages[0].path: expected a path such as 'pool/main/"),
        ("path", "pool/../x.deb", "base[0].packages[0].path: expected a path such as 'pool/main/"),
        ("path", "pool//x.deb", "base[0].packages[0].path: expected a path such as 'pool/main/"),
        ("colour", "red", "base[0].packages[0].colour: unknown key"),
    ],
)
def test_a_wrong_value_of_a_package(key: str, value: object, message: str) -> None:
    wrong = document()
    wrong["base"][0]["packages"][0][key] = value
    with pytest.raises(LockError) as caught:
        parse_pins(wrong)
    assert str(caught.value).startswith(f"longshore.lock: {message}")


def test_everything_wrong_is_reported_at_once() -> None:
    wrong = document()
    del wrong["base"][0]["date"]
    wrong["base"][0]["platform"] = "linux"
    wrong["build"] = ["hatchling"]
    with pytest.raises(LockError) as caught:
        parse_pins(wrong)
    assert caught.value.exit_code is ExitCode.PROJECT
    assert caught.value.hint == "run `longshore lock` to write it again"
    lines = [str(caught.value), *caught.value.context]
    assert [line.split(": ")[1] for line in lines] == [
        "base[0].platform",
        "base[0].date",
        "build[0]",
        "build[0].requires",
        "build[0].python",
    ]


def test_a_date_needs_an_offset() -> None:
    wrong = document()
    wrong["base"][0]["date"] = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(
        LockError, match=r"base\[0\]\.date: expected a date and time with an offset"
    ):
        parse_pins(wrong)


def test_a_newer_format_asks_for_an_upgrade() -> None:
    with pytest.raises(LockError, match="format 2 is newer than 1") as caught:
        parse_pins({"format": 2, "whatever": True})
    assert caught.value.hint == "upgrade longshore"


def test_what_is_no_toml(tmp_path: Path) -> None:
    path = tmp_path / "longshore.lock"
    path.write_text("format = ")
    with pytest.raises(LockError, match=r"longshore\.lock: invalid TOML: "):
        read_pins(path)
    path.write_bytes(b"\xff")
    with pytest.raises(LockError, match="can't be read"):
        read_pins(path)
