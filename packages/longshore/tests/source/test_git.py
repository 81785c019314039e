"""A hostile repository: reading it runs nothing and reads nothing from elsewhere."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from longshore.errors import ProjectError
from longshore.source import read_source

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.test",
}


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, env=ENVIRONMENT, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "src").mkdir(parents=True)
    (root / "src/app.py").write_text("app")
    (root / ".gitattributes").write_text("* filter=evil\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "x")
    return root


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """What a program of the repository would leave behind."""
    return tmp_path / "trace"


def age(root: Path) -> None:
    """Have git look at the content of a file again."""
    os.utime(root / "src/app.py", (1, 1))


@pytest.mark.parametrize("key", ["clean", "process"])
def test_filters_of_the_repository_are_not_run(repository: Path, trace: Path, key: str) -> None:
    git(repository, "config", f"filter.evil.{key}", f"touch {trace}; cat")
    git(repository, "config", "filter.evil.required", "true")
    age(repository)
    tree = read_source(repository)
    assert not trace.exists()
    assert not tree.dirty


def test_filters_of_an_included_file_are_not_run(repository: Path, trace: Path) -> None:
    (repository / ".git/more").write_text(f'[filter "evil"]\n\tclean = "touch {trace}; cat"\n')
    git(repository, "config", "include.path", "more")
    age(repository)
    read_source(repository)
    assert not trace.exists()


def test_a_filter_that_can_not_be_switched_off_is_refused(repository: Path, trace: Path) -> None:
    (repository / ".gitattributes").write_text("* filter=a=b\n")
    git(repository, "config", "filter.a=b.clean", f"touch {trace}; cat")
    with pytest.raises(ProjectError, match=r"filter\.a=b\.clean"):
        read_source(repository)
    assert not trace.exists()


def test_filters_of_a_submodule_are_not_run(repository: Path, trace: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    allow = ("-c", "protocol.file.allow=always")
    git(outer, *allow, "submodule", "--quiet", "add", str(repository), "inner")
    git(outer, "commit", "-q", "-m", "x")
    git(outer / "inner", "config", "filter.evil.clean", f"touch {trace}; cat")
    age(outer / "inner")
    assert not read_source(outer).dirty
    assert not trace.exists()
    (outer / "inner/src/app.py").write_text("changed")
    assert read_source(outer).dirty


def test_tracked_files_are_not_taken_for_a_repository(repository: Path, trace: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (inner / "app.py").write_text("app")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "x")
    git(inner, "init", "-q", "--bare", ".")
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", ".")
    git(inner, "config", "core.fsmonitor", f"touch {trace}")
    with pytest.raises(ProjectError, match="git ls-files"):
        read_source(inner)
    assert not trace.exists()


def test_a_missing_object_is_not_fetched(repository: Path, trace: Path) -> None:
    git(repository, "config", "core.repositoryFormatVersion", "1")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "remote.origin.url", str(repository))
    git(repository, "config", "remote.origin.uploadpack", f"touch {trace}; false")
    tree = ["git", "rev-parse", "HEAD^{tree}"]
    found = subprocess.run(tree, cwd=repository, env=ENVIRONMENT, check=True, capture_output=True)
    name = found.stdout.decode().strip()
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    (repository / "src/app.py").write_text("changed")
    with pytest.raises(ProjectError, match="git status"):
        read_source(repository)
    assert not trace.exists()


def test_a_folder_that_became_a_link_is_gone(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host/app.py").write_text("of the host")
    shutil.rmtree(repository / "src")
    (repository / "src").symlink_to("../host")
    tree = read_source(repository)
    assert [str(file.path) for file in tree.files] == [".gitattributes"]
    assert tree.dirty
