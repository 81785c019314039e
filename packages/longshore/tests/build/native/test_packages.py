"""The table of libraries and Debian packages."""

import re

import pytest

from longshore.base.debian.suite import SUITES
from longshore.build.native.loaded import LOADED_BY_NAME
from longshore.build.native.packages import TABLE, debian_package, read_table


@pytest.mark.parametrize(
    ("library", "reference", "package"),
    [
        ("libpq.so.5", "debian:trixie", "libpq5"),
        ("libmagic.so.1", "debian:trixie", "libmagic1t64"),
        ("libmagic.so.1", "debian:bookworm", "libmagic1"),
        ("ldconfig", "debian:bookworm", "libc-bin"),
        ("libpython3.13.so.1.0", "debian:bookworm", None),
        ("libnothing.so.1", "debian:trixie", None),
        ("libpq.so.5", "debian:sid", None),
        ("libpq.so.5", "image:registry.test/trixie", None),
    ],
)
def test_a_library_has_its_package_in_each_suite(
    library: str, reference: str, package: str | None
) -> None:
    assert debian_package(library, reference) == package


def test_the_table_covers_every_suite_that_a_base_can_be_made_of() -> None:
    assert set(read_table()) == {suite.codename for suite in SUITES}
    assert all(len(packages) > 100 for packages in read_table().values())


def test_the_table_is_sorted_and_has_nothing_twice() -> None:
    lines = TABLE.read_text("ascii").splitlines()[1:]
    assert lines == sorted(lines)
    assert len({line.split()[0] for line in lines}) == len(lines)
    assert all(re.fullmatch(r"\S+( ([a-z0-9][a-z0-9.+-]+|-)){2}", line) for line in lines)


def test_everything_that_is_loaded_by_name_has_a_package() -> None:
    for loads in LOADED_BY_NAME.values():
        for library in loads.libraries:
            assert all(debian_package(library, suite.reference) for suite in SUITES)
