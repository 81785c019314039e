"""Versions that come from git: counted as setuptools-scm does, the same for the same state."""

import os
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from longshore.build.versions import tell_version, version_of
from longshore.project.read import read_member
from longshore.source import read_source

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.test",
}
DYNAMIC = '[project]\nname = "shop"\ndynamic = ["version"]\n'


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.py").write_text("")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    return folder


def project(root: Path, requires: str, text: str = DYNAMIC) -> None:
    backend = f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "backend"\n'
    (root / "pyproject.toml").write_text(text + backend)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "y")


def told(root: Path) -> str | None:
    return tell_version(read_member(root), read_source(root)).told_version


@pytest.mark.parametrize(
    ("described", "dirty", "version"),
    [
        ("v1.2.3-0", False, "1.2.3"),
        ("1.2.3-0", False, "1.2.3"),
        ("shop-1.2.3-0", False, "1.2.3"),
        ("v1.2.3-4", False, "1.2.4.dev4+g0123456"),
        ("v1.2.3-4", True, "1.2.4.dev4+g0123456.dirty"),
        ("v1.2.3-0", True, "1.2.4.dev0+g0123456.dirty"),
        ("v1.2-1", False, "1.3.dev1+g0123456"),
        ("v2-1", False, "3.dev1+g0123456"),
        ("v1.2.0rc1-0", False, "1.2.0rc1"),
        ("v1.2.0rc1-2", False, "1.2.0rc2.dev2+g0123456"),
        ("2026.11.27-1", False, "2026.11.28.dev1+g0123456"),
        ("0-12", False, "0.1.dev12+g0123456"),
        ("spr1nt-1", False, "0.1.dev1+g0123456"),
    ],
)
def test_the_version_is_that_of_the_tag_or_the_next(
    described: str, *, dirty: bool, version: str
) -> None:
    found = version_of(f"{described}-g{COMMIT}", dirty=dirty)
    assert found == version
    assert str(Version(found)) == version


@pytest.mark.parametrize(
    "requires",
    ["setuptools-scm>=8", "setuptools_scm[toml]", "hatch-vcs", "uv-dynamic-versioning"],
)
def test_a_backend_that_asks_git_is_told(root: Path, requires: str) -> None:
    project(root, requires)
    git(root, "tag", "v1.2.3")
    assert told(root) == "1.2.3"
    (root / "shop.py").write_text("changed = True\n")
    first = told(root)
    assert first is not None
    assert first.startswith("1.2.4.dev0+g")
    assert first.endswith(".dirty")
    (root / "shop.py").write_text("changed = 2\n")
    assert told(root) == first
    git(root, "commit", "-q", "-a", "-m", "z")
    assert (told(root) or "").startswith("1.2.4.dev1+g")


def test_pdm_is_told_where_its_table_says_scm(root: Path) -> None:
    project(root, "pdm-backend", f'{DYNAMIC}[tool.pdm.version]\nsource = "scm"\n')
    assert (told(root) or "").startswith("0.1.dev2+g")
    project(root, "pdm-backend", f'{DYNAMIC}[tool.pdm.version]\nsource = "file"\n')
    assert told(root) is None


def test_a_version_that_is_written_down_stays(root: Path) -> None:
    project(root, "setuptools-scm", '[project]\nname = "shop"\nversion = "1"\n')
    assert told(root) is None
    project(root, "hatchling")
    assert told(root) is None


def test_without_a_commit_there_is_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'{DYNAMIC}[build-system]\nrequires = ["hatch-vcs"]\nbuild-backend = "b"\n'
    )
    assert told(tmp_path) is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    assert told(tmp_path) is None
