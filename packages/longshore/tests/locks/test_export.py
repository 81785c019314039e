"""What ``uv export`` says about a lock that uv wrote, against our selection of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from longshore.locks import read_lock
from longshore.testing import Network, PackageIndex, make_sdist, make_wheel
from longshore.types import Glibc, Platform, PythonVersion, Target

UV = Path(sys.executable).with_name("uv")

pytestmark = pytest.mark.skipif(not UV.exists(), reason="uv is not installed here")

ARCHIVES = [
    make_wheel("alpha", requires=["beta[fast]", "gamma; python_version < '3.13'"]),
    make_wheel("beta", "2.0", extras={"fast": ["delta", "wind; sys_platform == 'win32'"]}),
    make_wheel("gamma"),
    make_wheel("delta", requires=["alpha", "Epsilon.X>=1; platform_machine != 'aarch64'"]),
    make_wheel("epsilon_x", tag="cp313-cp313-manylinux_2_28_x86_64"),
    make_sdist("epsilon_x"),
    make_wheel("forked", "1.0", requires_python="<3.12"),
    make_wheel("forked", "2.0", requires_python=">=3.12", requires=["gamma"]),
    make_wheel("torch", "1.0"),
    make_wheel("torch", "2.0", requires=["cuda; sys_platform == 'linux'"]),
    make_wheel("cuda"),
    make_wheel("pg", extras={"binary": ["pg-binary"]}),
    make_wheel("pg-binary"),
    make_wheel("tool", requires=["gamma"]),
    make_wheel("wind"),
]

PYPROJECT = """
[project]
name = "app"
version = "0.1"
requires-python = ">=3.11"
dependencies = [
  "alpha", "lib[deep]", "wind; sys_platform == 'win32'",
  "forked<2; python_version < '3.12'", "forked>=2; python_version >= '3.12'",
]
[project.optional-dependencies]
cpu = ["torch==1.0"]
gpu = ["torch==2.0"]
postgres = ["pg[binary]"]
[dependency-groups]
test = ["tool"]
dev = [{include-group = "test"}, "pg; platform_machine == 'aarch64'"]
[tool.uv]
conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
[tool.uv.sources]
lib = {workspace = true}
[tool.uv.workspace]
members = ["packages/*"]
"""

MEMBER = """
[project]
name = "lib"
version = "0.2"
requires-python = ">=3.11"
dependencies = ["gamma; python_version >= '3.12'"]
[project.optional-dependencies]
deep = ["delta"]
"""

TARGETS = [
    Target.cpython(
        platform=Platform("linux", architecture), python=PythonVersion(3, minor), libc=Glibc(2, 36)
    )
    for architecture in ("amd64", "arm64")
    for minor in (11, 12, 13)
]


class Project:
    """A project on disk, locked by uv against the index of this process."""

    def __init__(self, root: Path, network: Network) -> None:
        self.root = root
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "UV_CACHE_DIR": str(root / ".cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_DEFAULT_INDEX": "https://index.test/simple",
            "UV_NO_CONFIG": "1",
            **network.environment,
        }

    def uv(self, *arguments: str) -> str:
        """Run uv and return its output."""
        done = subprocess.run(
            [UV, *arguments, "--python", sys.executable, "--quiet"],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, locked once."""
    root = tmp_path_factory.mktemp("project")
    (root / "packages/lib").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "packages/lib/pyproject.toml").write_text(MEMBER)
    with Network() as network:
        network.host("index.test", PackageIndex(ARCHIVES))
        project = Project(root, network)
        project.uv("lock")
        yield project


@pytest.mark.parametrize(
    ("extras", "groups"),
    [((), ()), (("cpu",), ()), (("gpu", "postgres"), ("dev",)), ((), ("test",))],
)
def test_a_selection_of_uv_lock_is_what_uv_exports(
    project: Project, extras: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    options = [f"--extra={name}" for name in extras] + [f"--group={name}" for name in groups]
    exported = project.uv(
        *(
            "export",
            "--frozen",
            "--no-default-groups",
            "--no-hashes",
            "--no-header",
            "--no-annotate",
        ),
        *("--no-emit-workspace", *options),
    )
    requirements = [Requirement(line) for line in exported.splitlines() if line.strip()]
    lock = read_lock(project.root)
    assert lock.path.name == "uv.lock"
    for target in TARGETS:
        expected = {
            f"{item.name}{item.specifier}"
            for item in requirements
            if item.marker is None or item.marker.evaluate(dict(target.markers))
        }
        chosen = lock.select(target, extras=extras, groups=groups)
        assert {f"{item.name}=={item.version}" for item in chosen.packages} == expected


def test_a_member_is_selected_as_uv_exports_it(project: Project) -> None:
    exported = project.uv(
        *("export", "--frozen", "--package=lib", "--extra=deep", "--no-hashes", "--no-header"),
        *("--no-annotate", "--no-emit-workspace", "--no-default-groups"),
    )
    requirements = [Requirement(line) for line in exported.splitlines() if line.strip()]
    lock = read_lock(project.root / "packages/lib")
    for target in TARGETS:
        expected = {
            item.name
            for item in requirements
            if item.marker is None or item.marker.evaluate(dict(target.markers))
        }
        chosen = lock.select(target, extras=["deep"])
        assert {item.name for item in chosen.packages} == expected


def test_the_hashed_export_selects_the_same_as_the_lock_itself(
    project: Project, tmp_path: Path
) -> None:
    exported = project.uv(
        *("export", "--frozen", "--no-default-groups", "--extra=postgres", "--no-emit-workspace")
    )
    (tmp_path / "requirements.txt").write_text(exported)
    flat, graph = read_lock(tmp_path), read_lock(project.root)
    for target in TARGETS:
        ours = graph.select(target, extras=["postgres"])
        theirs = flat.select(target)
        assert list(map(str, theirs.packages)) == list(map(str, ours.packages))
        for flat_package, package in zip(theirs.packages, ours.packages, strict=True):
            assert set(flat_package.hashes) == {item.digest for item in package.artifacts}


def test_the_standard_export_selects_the_same_as_the_lock_itself(
    project: Project, tmp_path: Path
) -> None:
    exported = project.uv(
        *("export", "--frozen", "--format=pylock.toml", "--no-default-groups"),
        *("--extra=postgres", "--no-emit-workspace"),
    )
    (tmp_path / "pylock.toml").write_text(exported)
    flat, graph = read_lock(tmp_path), read_lock(project.root)
    for target in TARGETS:
        ours = graph.select(target, extras=["postgres"])
        theirs = flat.select(target)
        assert list(map(str, theirs.packages)) == list(map(str, ours.packages))
        for flat_package, package in zip(theirs.packages, ours.packages, strict=True):
            known = {item.filename: item for item in package.artifacts}
            assert {item.filename for item in flat_package.artifacts} == set(known)
            for item in flat_package.artifacts:
                assert (item.digest, item.url) == (
                    known[item.filename].digest,
                    known[item.filename].url,
                )


def test_the_hashed_export_with_the_workspace_has_its_folders(project: Project) -> None:
    exported = project.uv("export", "--frozen", "--no-default-groups", "--extra=postgres")
    folder = project.root / ".copy"
    shutil.copytree(project.root / "packages", folder / "packages")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "requirements.txt").write_text(exported)
    chosen = read_lock(folder).select(TARGETS[0])
    assert [member.name for member in chosen.members] == ["lib"]
