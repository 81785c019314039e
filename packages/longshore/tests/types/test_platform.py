"""Platforms and targets (OCI image specification 1.1, image-index.md §platform)."""

import platform
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import Glibc, Musl, Platform, PythonVersion, Target

platforms = st.builds(
    Platform,
    os=st.sampled_from(["linux", "windows"]),
    architecture=st.sampled_from(["amd64", "arm64", "arm", "riscv64", "s390x", "ppc64le", "386"]),
    variant=st.sampled_from(["", "v7", "v9"]),
)
KNOWN = "386, amd64, arm, arm64, ppc64le, riscv64, s390x"
numbers = st.integers(0, 99)
versions = st.builds(PythonVersion, major=numbers, minor=numbers, micro=numbers)


@given(platforms)
def test_parsing_what_was_printed_gives_the_same_platform(platform: Platform) -> None:
    assert Platform.parse(str(platform)) == platform


@given(versions)
def test_parsing_what_was_printed_gives_the_same_version(version: PythonVersion) -> None:
    assert PythonVersion.parse(str(version)) == version


@pytest.mark.parametrize(
    ("text", "printed", "machine"),
    [
        ("linux/amd64", "linux/amd64", "x86_64"),
        ("linux/x86_64", "linux/amd64", "x86_64"),
        ("Linux/AARCH64", "linux/arm64", "aarch64"),
        ("linux/arm64/v8", "linux/arm64", "aarch64"),
        ("linux/arm/v7", "linux/arm/v7", "armv7l"),
    ],
)
def test_aliases_have_one_normal_form(text: str, printed: str, machine: str) -> None:
    assert str(Platform.parse(text)) == printed
    assert Platform.parse(text).machine == machine


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("linux", "expected 'os/architecture', for example 'linux/amd64', got 'linux'"),
        ("linux/", "expected 'os/architecture', for example 'linux/amd64', got 'linux/'"),
        ("a/b/c/d", "expected 'os/architecture', for example 'linux/amd64', got 'a/b/c/d'"),
        (
            "linux/vax",
            f"unknown architecture 'vax'; expected one of {KNOWN}",
        ),
        ("linux/arm/v 7", "expected a variant such as 'v7', got 'v 7'"),
        ("li nux/arm", "expected 'linux/amd64' or the like, got li nux/arm"),
    ],
)
def test_anything_else_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared below
        Platform.parse(text)
    assert str(raised.value) == message


def test_the_host_is_linux_on_this_processor() -> None:
    assert Platform.host().os == "linux"
    assert Platform.host().machine in (platform.machine(), "x86_64", "aarch64")


@pytest.mark.parametrize("text", ["3", "3.13rc1", "3.13.5.1", "python3", ""])
def test_a_version_is_two_or_three_numbers(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a Python version such as '3\.13'"):
        PythonVersion.parse(text)


def test_a_version_without_micro_is_its_first_release() -> None:
    assert PythonVersion.parse(" 3.13 ") == PythonVersion(3, 13, 0)
    assert PythonVersion(3, 13, 5).short == "3.13"
    assert PythonVersion.host() == PythonVersion(*sys.version_info[:3])


def test_versions_of_libraries_compare_as_numbers() -> None:
    assert Glibc(2, 9) < Glibc(2, 41)
    assert [str(Glibc(2, 41)), str(Musl(1, 2))] == ["glibc 2.41", "musl 1.2"]


def test_a_cpython_target_has_the_markers_that_it_reports() -> None:
    target = Target.cpython(
        platform=Platform.parse("linux/arm64"),
        python=PythonVersion.parse("3.13.5"),
        libc=Glibc(2, 41),
    )
    assert str(target) == "linux/arm64, Python 3.13, glibc 2.41"
    assert target.abi == "cp313"
    assert target.markers["platform_machine"] == "aarch64"
    assert target.markers["python_full_version"] == "3.13.5"
    assert target.markers["python_version"] == "3.13"
    with pytest.raises(TypeError):
        target.markers["os_name"] = "nt"  # type: ignore[index] # that it can't is the test


def test_a_target_is_hashable_and_equal_by_value() -> None:
    def make() -> Target:
        return Target.cpython(
            platform=Platform("linux", "amd64"), python=PythonVersion(3, 13), libc=Musl(1, 2)
        )

    assert {make(), make()} == {make()}


def test_images_are_for_linux() -> None:
    with pytest.raises(ValueError, match="images are built for Linux, got windows/amd64"):
        Target.cpython(
            platform=Platform("windows", "amd64"), python=PythonVersion(3, 13), libc=Glibc(2, 41)
        )
