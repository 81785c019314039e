"""The tags of a target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag

from longshore.types import Glibc, Musl, Platform, PythonVersion, Target
from longshore.wheels.tags import target_platforms, target_tags

TRIXIE = Glibc(2, 41)

architectures = st.sampled_from(["amd64", "arm64", "386", "arm", "ppc64le", "s390x", "riscv64"])
libcs = st.one_of(
    st.builds(Glibc, st.just(2), st.integers(17, 45)),
    st.builds(Musl, st.just(1), st.integers(1, 5)),
)


def _target(architecture: str = "amd64", minor: int = 13, libc: Glibc | Musl = TRIXIE) -> Target:
    return Target.cpython(
        platform=Platform("linux", architecture), python=PythonVersion(3, minor), libc=libc
    )


targets = st.builds(_target, architectures, st.integers(11, 15), libcs)


@given(targets)
def test_no_tag_comes_twice(target: Target) -> None:
    tags = target_tags(target)
    assert len(tags) == len(set(tags))


@given(targets)
def test_the_own_abi_goes_before_the_stable_abi_before_none(target: Target) -> None:
    tags = target_tags(target)
    python = f"cp{target.python.major}{target.python.minor}"
    platform = next(target_platforms(target))
    order = [
        Tag(python, python, platform),
        Tag(python, "abi3", platform),
        Tag(python, "none", platform),
        Tag("cp311", "abi3", platform) if python != "cp311" else Tag("cp310", "abi3", platform),
        Tag("py3", "none", platform),
        Tag("py3", "none", "any"),
    ]
    places = [tags.index(tag) for tag in order]
    assert places == sorted(places)


@given(st.integers(17, 44), architectures)
def test_an_older_c_library_loads_a_subset_in_the_same_order(minor: int, architecture: str) -> None:
    old = list(target_platforms(_target(architecture, libc=Glibc(2, minor))))
    new = list(target_platforms(_target(architecture, libc=Glibc(2, minor + 1))))
    assert new[0] == f"manylinux_2_{minor + 1}_{_target(architecture).platform.machine}"
    assert [tag for tag in new if tag in old] == old


@given(targets)
def test_only_the_targets_own_machine_is_named(target: Target) -> None:
    assert all(tag.endswith(target.platform.machine) for tag in target_platforms(target))


def test_the_legacy_names_stand_behind_their_own_version() -> None:
    platforms = list(target_platforms(_target(libc=Glibc(2, 17))))
    assert platforms[:3] == [
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
        "manylinux_2_16_x86_64",
    ]
    assert platforms[-3:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"]
    arm = list(target_platforms(_target("arm64", libc=Glibc(2, 17))))
    assert arm == ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"]


@pytest.mark.parametrize("platform", ["manylinux_2_17_x86_64", "musllinux_1_3_x86_64"])
def test_musl_loads_nothing_made_for_glibc_or_newer_musl(platform: str) -> None:
    assert platform not in set(target_platforms(_target(libc=Musl(1, 2))))
