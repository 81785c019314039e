"""The choice of wheels for a target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.errors import WheelError
from longshore.locks import Artifact, LockedPackage, PackageSource, Selection, SourceKind
from longshore.types import Digest, Glibc, Platform, PythonVersion, Target, parse_name
from longshore.wheels.choose import choose_files, choose_wheel, choose_wheels, find_sdists

TRIXIE = Target.cpython(
    platform=Platform("linux", "amd64"), python=PythonVersion(3, 13, 5), libc=Glibc(2, 41)
)
TAGS = (
    "cp313-cp313-manylinux_2_28_x86_64",
    "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp313-cp313-linux_x86_64",
    "cp313-abi3-manylinux_2_28_x86_64",
    "cp39-abi3-manylinux_2_28_x86_64",
    "py3-none-manylinux_2_28_x86_64",
    "py2.py3-none-any",
)
"""Tags that fit, best first."""

UNFIT = (
    "cp313-cp313-manylinux_2_42_x86_64",
    "cp313-cp313-musllinux_1_2_x86_64",
    "cp313-cp313-manylinux_2_17_aarch64",
    "cp312-cp312-manylinux_2_17_x86_64",
    "cp313-cp313t-manylinux_2_17_x86_64",
    "cp314-abi3-manylinux_2_17_x86_64",
    "cp313-cp313-macosx_11_0_arm64",
    "cp313-cp313-win_amd64",
    "py2-none-any",
)


def _artifact(filename: str) -> Artifact:
    return Artifact(
        filename=filename, digest=Digest.of(filename.encode()), url=f"https://files.test/{filename}"
    )


def _package(name: str, *filenames: str, kind: SourceKind = SourceKind.REGISTRY) -> LockedPackage:
    return LockedPackage(
        name=parse_name(name),
        version="2.0",
        source=PackageSource(kind=kind),
        artifacts=tuple(map(_artifact, filenames)),
    )


def _wheel(tag: str, build: str = "") -> Artifact:
    return _artifact(f"numpy-2.0{build and f'-{build}'}-{tag}.whl")


@given(st.lists(st.sampled_from(TAGS + UNFIT), unique=True))
def test_the_first_fitting_tag_wins_whatever_the_order_of_the_files(tags: list[str]) -> None:
    expected = next((tag for tag in TAGS if tag in tags), None)
    chosen = choose_wheel([_wheel(tag) for tag in tags], TRIXIE)
    assert (chosen and chosen.filename) == (expected and f"numpy-2.0-{expected}.whl")


def test_the_higher_build_wins_among_equals() -> None:
    wheels = [_wheel(TAGS[0], build) for build in ("", "2", "10", "10a")]
    assert choose_wheel(wheels, TRIXIE) == wheels[2]
    assert choose_wheel(wheels[:2], TRIXIE) == wheels[1]


def test_an_sdist_is_never_chosen() -> None:
    assert choose_wheel([_artifact("numpy-2.0.tar.gz")], TRIXIE) is None


def test_each_package_gets_its_wheel(target: Target) -> None:
    packages = (
        _package("alpha", "alpha-2.0-py3-none-any.whl", "alpha-2.0.tar.gz"),
        _package("beta", "beta-2.0-cp39-abi3-manylinux2014_x86_64.whl"),
    )
    chosen = choose_wheels(_selection(target, *packages), target)
    assert [wheel.package for wheel in chosen] == list(packages)
    assert [wheel.artifact.filename for wheel in chosen] == [
        "alpha-2.0-py3-none-any.whl",
        "beta-2.0-cp39-abi3-manylinux2014_x86_64.whl",
    ]


@pytest.mark.parametrize(
    ("filenames", "reason"),
    [
        (["numpy-2.0.tar.gz"], "only a source distribution is locked"),
        (["numpy-2.0.tar.bz2"], "'numpy-2.0.tar.bz2' is neither a wheel nor a .tar.gz or .zip"),
        ([], "its files are not known"),
        (["numpy.whl"], "'numpy.whl' is no file name of a wheel"),
        (
            [
                "numpy-2.0-cp313-cp313-manylinux_2_44_x86_64.whl",
                "numpy-2.0-cp313-cp313-manylinux_2_42_x86_64.whl",
                "numpy-2.0-cp312-cp312-manylinux_2_17_x86_64.whl",
            ],
            "its wheels need glibc 2.42 or newer",
        ),
        (
            [
                "numpy-2.0-cp39-cp39-manylinux_2_17_x86_64.whl",
                "numpy-2.0-cp312-cp312-manylinux_2_17_x86_64.whl",
                "numpy-2.0-cp313-cp313t-manylinux_2_17_x86_64.whl",
                "numpy-2.0-cp313-cp313-win_amd64.whl",
            ],
            (
                "its wheels for linux/amd64 are for Python 3.9, Python 3.12, "
                "Python 3.13 (free-threaded)"
            ),
        ),
        (
            [
                "numpy-2.0-cp313-cp313-win_amd64.whl",
                "numpy-2.0-cp313-cp313-macosx_14_0_arm64.whl",
                "numpy-2.0-cp313-cp313-manylinux_2_28_aarch64.whl",
                "numpy-2.0-cp313-cp313-musllinux_1_2_x86_64.whl",
            ],
            "its wheels are for Windows, linux/amd64 (musl), linux/arm64 (glibc), macOS",
        ),
        (
            [
                "numpy-2.0-pp311-pypy311_pp73-manylinux1_x86_64.whl",
                "numpy-2.0-cp312-cp312-linux_loongarch64.whl",
            ],
            "its wheels for linux/amd64 are for pp311",
        ),
        (
            ["numpy-2.0-cp313-cp313-linux_loongarch64.whl"],
            "its wheels are for linux/loongarch64",
        ),
        (
            ["numpy-2.0-cp312-cp312-win_amd64.whl"],
            "its wheels are for Windows, Python 3.12",
        ),
    ],
)
def test_a_package_without_a_wheel_says_what_it_has_instead(
    target: Target, filenames: list[str], reason: str
) -> None:
    with pytest.raises(WheelError) as caught:
        choose_wheels(_selection(target, _package("numpy", *filenames)), target)
    assert str(caught.value) == (
        f"numpy 2.0: no wheel for linux/amd64, Python 3.13, glibc 2.41: {reason}"
    )
    assert caught.value.context == ()
    assert caught.value.hint == (
        "lock a version that has one, choose another base, "
        "or put a wheel that you built for it on an index"
    )


def test_every_package_without_a_wheel_is_named(target: Target) -> None:
    packages = (
        _package("alpha", "alpha-2.0.tar.gz"),
        _package("beta", "beta-2.0-py3-none-any.whl"),
        _package("gamma", kind=SourceKind.GIT),
    )
    with pytest.raises(WheelError) as caught:
        choose_wheels(_selection(target, *packages), target)
    assert str(caught.value) == (
        "2 packages have no wheel for linux/amd64, Python 3.13, glibc 2.41"
    )
    assert caught.value.context == (
        "alpha 2.0: only a source distribution is locked",
        "gamma 2.0: it comes from git, and only files with a hash are taken",
    )


def test_what_has_no_wheel_that_fits_is_built_from_its_sdist(target: Target) -> None:
    packages = (
        _package("alpha", "alpha-2.0-py3-none-any.whl", "alpha-2.0.tar.gz"),
        _package("beta", "beta-2.0.zip"),
        _package("gamma", "gamma-2.0-cp313-cp313-win_amd64.whl", "gamma-2.0.tar.gz"),
    )
    selection = _selection(target, *packages)
    files = choose_files(selection, target)
    assert [wheel.artifact.filename for wheel in files.wheels] == ["alpha-2.0-py3-none-any.whl"]
    sdists = [sdist.artifact.filename for sdist in files.sdists]
    assert sdists == ["beta-2.0.zip", "gamma-2.0.tar.gz"]
    assert find_sdists(selection, target) == files.sdists


def test_what_has_neither_is_refused(target: Target) -> None:
    packages = (
        _package("alpha", "alpha-2.0.tar.gz"),
        _package("beta", "beta-2.0.tar.bz2"),
    )
    selection = _selection(target, *packages)
    with pytest.raises(WheelError, match=r"beta 2\.0: no wheel for linux/amd64"):
        choose_files(selection, target)
    assert [sdist.package.name for sdist in find_sdists(selection, target)] == ["alpha"]


def _selection(target: Target, *packages: LockedPackage) -> Selection:
    return Selection(target=target, packages=packages, members=(), reasons={})
