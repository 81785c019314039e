"""Wheels of packages that are locked as source distributions only.

The sandbox here is the host's interpreter with the inside paths mapped back; the real one builds
real packages in the end-to-end tests.
"""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest

from longshore.errors import WheelError
from longshore.locks import Artifact, LockedPackage, PackageSource, SourceKind
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.testing import make_sdist
from longshore.testing.sandbox import HostSandbox
from longshore.types import Digest, Glibc, Platform, PythonVersion, Target, parse_name
from longshore.wheels.built import BuiltWheel
from longshore.wheels.fetch import FetchedWheel
from longshore.wheels.hooks import BuildEnvironment
from longshore.wheels.sdist import build_sdist, read_sdist, sdist_requirements

TARGET = Target.cpython(
    platform=Platform("linux", "amd64"), python=PythonVersion(3, 13, 5), libc=Glibc(2, 41)
)
BACKEND = """
    import os, zipfile
    def get_requires_for_build_wheel(settings):
        return {requires!r}
    def build_wheel(folder, settings, metadata):
        {body}
        with zipfile.ZipFile(os.path.join(folder, {name!r}), "w") as archive:
            archive.writestr("sample.py", open("sample.py").read())
        return {name!r}
"""
PYPROJECT = '[build-system]\nrequires = [{}]\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.fixture
def sandbox() -> HostSandbox:
    return HostSandbox()


@pytest.fixture
def environment(tmp_path: Path, sandbox: HostSandbox) -> BuildEnvironment:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "present-1.dist-info").mkdir()
    return BuildEnvironment(
        sandbox=sandbox,
        rootfs=tmp_path,
        interpreter=PurePosixPath("/usr/bin/python3"),
        base_key=Digest.of(b"base"),
        packages=packages,
        packages_key=Digest.of(b"packages"),
    )


Make = Callable[..., FetchedWheel]


@pytest.fixture
def sdist(tmp_path: Path) -> Make:
    def make(
        *,
        name: str = "sample-1.0-py3-none-any.whl",
        requires: tuple[str, ...] = (),
        body: str = "pass",
        files: dict[str, str] | None = None,
        subdirectory: str | None = None,
    ) -> FetchedWheel:
        backend = dedent(BACKEND).format(name=name, requires=list(requires), body=body)
        below = f"{subdirectory}/" if subdirectory else ""
        content: dict[str, bytes | str] = {
            f"{below}pyproject.toml": PYPROJECT.format(""),
            f"{below}backend.py": backend,
            f"{below}sample.py": "VALUE = 1\n",
            **(files or {}),
        }
        archive = make_sdist("sample", "1.0", files=content)
        path = tmp_path / "blob"
        path.write_bytes(archive.content)
        return FetchedWheel(
            package=LockedPackage(
                name=parse_name("sample"),
                version="1.0",
                source=PackageSource(kind=SourceKind.REGISTRY, subdirectory=subdirectory),
            ),
            artifact=Artifact(
                filename=archive.filename, digest=archive.digest, url="https://f.test"
            ),
            path=path,
        )

    return make


def _build(tmp_path: Path, environment: BuildEnvironment, sdist: FetchedWheel) -> BuiltWheel:
    return build_sdist(
        sdist,
        TARGET,
        key=Digest.of(b"environment"),
        environment=lambda: environment,
        blobs=BlobStore(tmp_path / "blobs"),
        memos=MemoStore(tmp_path / "memos"),
    )


def test_the_backend_runs_once_for_the_same_sdist(
    tmp_path: Path, environment: BuildEnvironment, sandbox: HostSandbox, sdist: Make
) -> None:
    first = _build(tmp_path, environment, sdist())
    second = _build(tmp_path, environment, sdist())
    assert (first.cached, second.cached, sandbox.runs) == (False, True, 1)
    assert second.sha256 == first.sha256
    assert zipfile.ZipFile(first.path).read("sample.py") == b"VALUE = 1\n"


def test_another_file_of_the_same_version_is_built_anew(
    tmp_path: Path, environment: BuildEnvironment, sandbox: HostSandbox, sdist: Make
) -> None:
    _build(tmp_path, environment, sdist())
    _build(tmp_path, environment, sdist(files={"NEWS": "changed"}))
    assert sandbox.runs == 2


def test_a_folder_of_an_archive_is_built(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make
) -> None:
    made = _build(tmp_path, environment, sdist(subdirectory="python/sample"))
    assert made.filename == "sample-1.0-py3-none-any.whl"
    plain = sdist()
    other = replace(plain, package=_below(plain.package, "../x"))
    with pytest.raises(WheelError, match=r"sample-1\.0\.tar\.gz has no folder '\.\./x'"):
        read_sdist(other)


def _below(package: LockedPackage, folder: str) -> LockedPackage:
    return replace(package, source=replace(package.source, subdirectory=folder))


def test_an_sdist_says_what_it_needs(sdist: Make) -> None:
    needs = read_sdist(sdist(files={"pyproject.toml": PYPROJECT.format('"flit_core>=3"')}))
    assert (needs.requires, needs.compiled) == (("flit_core>=3",), False)


def test_setuptools_builds_what_says_nothing(sdist: Make) -> None:
    needs = read_sdist(sdist(files={"pyproject.toml": "", "setup.py": "", "a.c": ""}))
    assert (needs.requires, needs.compiled) == (("setuptools>=40.8.0",), True)


def test_the_backend_tells_what_else_it_needs(environment: BuildEnvironment, sdist: Make) -> None:
    assert sdist_requirements(sdist(requires=("extra>=2",)), environment) == ("extra>=2",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"pyproject.toml": PYPROJECT.format('"maturin>=1"')},
            "sample 1.0: its source distribution is written in Rust",
        ),
        (
            {"pyproject.toml": "[build-system"},
            "sample 1.0: sample-1.0.tar.gz: pyproject.toml: invalid TOML: ",
        ),
        (
            {"pyproject.toml": "[build-system]\nrequires = 3"},
            "sample 1.0: sample-1.0.tar.gz: pyproject.toml: build-system.requires: expected an ar",
        ),
    ],
)
def test_what_can_not_be_built_is_said_when_it_is_read(
    sdist: Make, files: dict[str, str], message: str
) -> None:
    with pytest.raises(WheelError) as caught:
        read_sdist(sdist(files=files))
    assert str(caught.value).startswith(message)
    assert "lock a version that has a wheel" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "sample-1.1-py3-none-any.whl",
            "sample 1.0: its source distribution became a wheel of version 1.1",
        ),
        ("other-1.0-py3-none-any.whl", "sample 1.0: the build backend gave a wheel of 'other'"),
        (
            "sample-1.0-cp312-cp312-linux_x86_64.whl",
            "sample 1.0: its source distribution became 'sample-1.0-cp312-cp312-linux_x86_64.whl'",
        ),
        ("sample-1.0.whl", "sample 1.0: the build backend gave 'sample-1.0.whl', which is no file"),
        ("sample-1.0.tar.gz", "sample 1.0: the build backend gave 'sample-1.0.tar.gz', which is n"),
    ],
)
def test_a_wheel_of_something_else_is_refused(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make, name: str, message: str
) -> None:
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, sdist(name=name))
    assert str(caught.value).startswith(message)
    assert list((tmp_path / "blobs").rglob("*")) == []


def test_the_same_version_may_be_written_otherwise(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make
) -> None:
    made = _build(tmp_path, environment, sdist(name="sample-1.0.0-cp313-cp313-linux_x86_64.whl"))
    assert made.filename == "sample-1.0.0-cp313-cp313-linux_x86_64.whl"


def test_a_requirement_that_is_not_pinned_is_named(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make
) -> None:
    wants = ("present", "extra>=2", "other; python_version < '3'")
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, sdist(requires=wants))
    assert str(caught.value) == (
        "sample 1.0: the build backend also wants 'extra>=2', which longshore.lock lacks"
    )


def test_a_failing_backend_shows_its_last_lines(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make
) -> None:
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, sdist(body="raise RuntimeError('no such thing')"))
    assert str(caught.value) == "sample 1.0: the build backend 'backend' failed"
    assert caught.value.context[-1] == "RuntimeError: no such thing"
    assert caught.value.hint == (
        "it is built without network, from its source distribution: name the Debian packages that "
        "it needs in build-packages, or lock a version that has a wheel"
    )


@pytest.mark.parametrize(
    ("wrote", "hint"),
    [
        (
            "a.c:1:10: fatal error: libpq-fe.h: No such file or directory",
            'add to [tool.longshore]: build-packages = ["libpq-dev"]',
        ),
        (
            "error: command 'gcc' failed: No such file or directory",
            "give it a compiler: add to [tool.longshore]: build-packages = []",
        ),
    ],
)
def test_what_a_compiler_said_is_shown_before_how_the_backend_ended(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make, wrote: str, hint: str
) -> None:
    ends = "raise RuntimeError(chr(10).join(map(str, range(60))))"
    body = f"import sys; print({wrote!r}, file=sys.stderr, flush=True); {ends}"
    with pytest.raises(WheelError) as caught:
        _build(tmp_path, environment, sdist(body=body))
    assert caught.value.hint == hint
    assert caught.value.context[0] == wrote
    assert caught.value.context[-1] == "59"
    assert len(caught.value.context) == 20


def test_temporary_folders_have_the_same_names_each_time(
    tmp_path: Path, environment: BuildEnvironment, sdist: Make
) -> None:
    name = "import tempfile; name = os.path.basename(tempfile.mkdtemp(prefix='b', dir='.'))"
    body = f"{name}; open('sample.py', 'w').write(name)"
    built = [_build(tmp_path / place, environment, sdist(body=body)) for place in ("one", "two")]
    texts = [zipfile.ZipFile(each.path).read("sample.py") for each in built]
    assert texts == [b"b00000000"] * 2
