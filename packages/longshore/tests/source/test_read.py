"""Snapshots of real git repositories and of plain folders."""

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from longshore.errors import ProjectError
from longshore.source import read_source
from longshore.types import Digest, SourceTree

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.test",
}


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRONMENT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def commit(root: Path) -> str:
    git(root, "add", "-A", "-f")
    git(root, "commit", "-q", "-m", "x")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    write(root, **{"pyproject.toml": "x", "src/app.py": "app", ".gitignore": "*.log\n"})
    commit(root)
    return root


def names(tree: SourceTree) -> list[str]:
    return [str(file.path) for file in tree.files]


def test_a_clean_checkout_has_its_tracked_files_and_revision(repository: Path) -> None:
    tree = read_source(repository)
    assert names(tree) == [".gitignore", "pyproject.toml", "src/app.py"]
    assert tree.revision == git(repository, "rev-parse", "HEAD")
    assert tree.dirty is False
    assert tree.files[2].sha256 == Digest.of(b"app")
    assert tree.root == repository


def test_the_work_tree_says_what_is_in_a_tracked_file(repository: Path) -> None:
    write(repository, **{"src/app.py": "changed"})
    tree = read_source(repository)
    assert tree.files[2].sha256 == Digest.of(b"changed")
    assert tree.dirty is True


def test_a_new_file_counts_from_git_add_on(repository: Path) -> None:
    write(repository, **{"new.py": "", "x.log": ""})
    assert "new.py" not in names(read_source(repository))
    assert read_source(repository).dirty is False
    git(repository, "add", "new.py")
    tree = read_source(repository)
    assert "new.py" in names(tree)
    assert tree.dirty is True


def test_a_deleted_file_is_left_out(repository: Path) -> None:
    (repository / "src/app.py").unlink()
    tree = read_source(repository)
    assert names(tree) == [".gitignore", "pyproject.toml"]
    assert tree.dirty is True


def test_a_folder_of_a_repository_is_a_project_of_its_own(repository: Path) -> None:
    write(repository, **{"services/a/pyproject.toml": "a", "services/b/pyproject.toml": "b"})
    commit(repository)
    write(repository, **{"services/b/pyproject.toml": "changed"})
    tree = read_source(repository / "services/a")
    assert names(tree) == ["pyproject.toml"]
    assert tree.dirty is False


def test_modes_are_those_of_git_whatever_the_umask(repository: Path) -> None:
    (repository / "pyproject.toml").chmod(0o600)
    (repository / "src/app.py").chmod(0o775)
    (repository / "link").symlink_to("src/app.py")
    git(repository, "add", "link")
    tree = read_source(repository)
    assert {str(file.path): file.mode for file in tree.files} == {
        ".gitignore": 0o644,
        "link": 0o120000,
        "pyproject.toml": 0o644,
        "src/app.py": 0o755,
    }
    assert tree.files[1].sha256 == Digest.of(b"src/app.py")


def test_names_with_blanks_quotes_newlines_and_other_bytes_are_kept(repository: Path) -> None:
    odd = ["a b", 'quo"te', "new\nline", "ümlaut", os.fsdecode(b"latin-\xfc")]
    for name in odd:
        (repository / name).touch()
    commit(repository)
    assert set(odd) <= set(names(read_source(repository)))


def test_the_snapshot_does_not_depend_on_the_folder(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(repository), "clone")
    assert read_source(tmp_path / "clone").digest == read_source(repository).digest


def test_the_environment_does_not_lead_git_astray(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read_source(repository)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert read_source(repository) == expected


def test_a_repository_can_not_start_programs(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    read_source(repository)
    assert not trap.exists()


def test_a_repository_without_a_commit_has_no_revision(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, **{"a.py": ""})
    git(tmp_path, "add", "a.py")
    tree = read_source(tmp_path)
    assert (names(tree), tree.revision, tree.dirty) == (["a.py"], None, False)


def test_files_of_submodules_are_tracked_too(repository: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q")
    write(library, **{"lib.py": ""})
    commit(library)
    add = ("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "vendor/lib")
    git(repository, *add)
    commit(repository)
    assert "vendor/lib/lib.py" in names(read_source(repository))
    git(repository, "submodule", "deinit", "-q", "-f", "vendor/lib")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == "vendor/lib: the submodule is not checked out"
    assert raised.value.hint == "run 'git submodule update --init --recursive'"


def test_a_merge_that_is_not_finished_is_no_source(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "other")
    write(repository, **{"src/app.py": "other"})
    commit(repository)
    git(repository, "checkout", "-q", "-")
    write(repository, **{"src/app.py": "mine"})
    commit(repository)
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == "src/app.py: has merge conflicts"


def test_git_s_own_words_are_passed_on(repository: Path) -> None:
    (repository / ".git/HEAD").write_text("nonsense")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == f"{repository}: 'git ls-files' failed with exit code 128"
    assert raised.value.context[0].startswith("fatal: not a git repository")


def test_a_repository_without_git_says_so(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == f"{repository}: a git work tree, but git is not installed"


# Links and files that can't be shipped --------------------------------------------------------


def test_links_that_leave_the_project_are_refused_all_at_once(repository: Path) -> None:
    (repository / "src/up").symlink_to("../../other")
    (repository / "abs").symlink_to("/etc/passwd")
    (repository / "src/in").symlink_to("../pyproject.toml")
    git(repository, "add", "-A")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == f"2 files of {repository} can't be shipped"
    assert raised.value.context == (
        "abs: a link that leaves the project, to '/etc/passwd'",
        "src/up: a link that leaves the project, to '../../other'",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_not_be_read_is_named(repository: Path) -> None:
    (repository / "src/app.py").chmod(0o000)
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert raised.value.context == ("src/app.py: can't be read: permission denied",)


def test_secrets_are_refused_even_when_tracked(repository: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\n"
    write(repository, **{"deploy/server.key": key, "deploy/id_rsa": "x"})
    git(repository, "add", "-A", "-f")
    with pytest.raises(ProjectError) as raised:
        read_source(repository)
    assert str(raised.value) == "2 files that would be shipped look like secrets"
    assert raised.value.context == (
        "deploy/id_rsa: a private key",
        "deploy/server.key: a private key",
    )
    assert raised.value.hint == (
        "take them out with 'git rm --cached FILE', or rename what is no secret"
    )


def test_tracked_settings_are_left_out_and_said(repository: Path) -> None:
    before = read_source(repository)
    write(repository, **{".env": "A=1", "src/.env.local": "B=1", ".env.example": "A="})
    git(repository, "add", "-A", "-f")
    tree = read_source(repository)
    assert [str(path) for path in tree.left_out] == [".env", "src/.env.local"]
    assert {file.path for file in tree.files} - {file.path for file in before.files} == {
        PurePosixPath(".env.example")
    }


# Without git ----------------------------------------------------------------------------------


def test_a_plain_folder_gives_all_but_caches_environments_and_settings(tmp_path: Path) -> None:
    kept = [".env.example", "pyproject.toml", "src/app.py", "src/build/x.py"]
    dropped = [
        ".env",
        ".env.local",
        ".venv/lib/a.py",
        "env/pyvenv.cfg",
        "env/lib/a.py",
        "cache/CACHEDIR.TAG",
        "cache/a",
        "src/__pycache__/app.pyc",
        "src/app.egg-info/PKG-INFO",
        "build/x",
        "dist/x.whl",
        "node_modules/a/index.js",
        "app.py~",
    ]
    write(tmp_path, **dict.fromkeys(kept + dropped, ""))
    tree = read_source(tmp_path)
    assert names(tree) == kept
    assert (tree.revision, tree.dirty) == (None, False)


def test_an_unpacked_sdist_keeps_the_metadata_that_lists_its_data_files(tmp_path: Path) -> None:
    write(tmp_path, **{"PKG-INFO": "", "src/app.egg-info/SOURCES.txt": "", "app.pyc": ""})
    assert names(read_source(tmp_path)) == ["PKG-INFO", "src/app.egg-info/SOURCES.txt"]


def test_a_folder_that_a_repository_does_not_track_is_a_plain_folder(repository: Path) -> None:
    write(repository, **{"scratch/app.py": ""})
    tree = read_source(repository / "scratch")
    assert (names(tree), tree.revision) == (["app.py"], None)


def test_the_same_files_have_the_same_digest_with_and_without_git(
    repository: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    git(repository, "worktree", "add", "-q", str(plain))
    tracked = read_source(plain)
    (plain / ".git").unlink()
    assert read_source(plain).digest == tracked.digest


def test_pipes_and_sockets_are_no_source(tmp_path: Path) -> None:
    write(tmp_path, **{"a.py": ""})
    os.mkfifo(tmp_path / "pipe")
    assert names(read_source(tmp_path)) == ["a.py"]
