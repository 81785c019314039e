"""What a command gets, and that it is made once and only when asked for."""

import os
import subprocess
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.errors import ProjectError
from longshore.types import ProjectKind

TEXT = """
[project]
name = "a"
version = "1"

[tool.longshore.processes.web]
asgi = "a:app"
"""


@pytest.fixture
def context(project: Path) -> Context:
    (project / "pyproject.toml").write_text(TEXT)
    return Context()


def test_everything_is_made_once(context: Context) -> None:
    for name in (
        "blobs",
        "config",
        "credentials",
        "directories",
        "layout",
        "memos",
        "project",
        "reporter",
        "root",
        "source",
        "terminal",
        "transport",
    ):
        assert getattr(context, name) is getattr(context, name), name
    context.close()


def test_stores_are_below_the_users_folders(context: Context, home: Path) -> None:
    assert context.blobs.root == home / ".cache/longshore/blobs"
    assert context.memos.root == home / ".cache/longshore/memos"
    assert context.layout.blobs.root.is_relative_to(home / ".local/share/longshore/images")


def test_nothing_is_written_before_it_is_asked_for(context: Context, home: Path) -> None:
    assert context.project.name == "a"
    assert list(home.iterdir()) == []


def test_the_project_is_read_from_its_root(context: Context, project: Path) -> None:
    assert context.root == project
    assert context.project.kind is ProjectKind.APPLICATION
    assert [str(file.path) for file in context.source.files] == ["pyproject.toml"]
    assert context.source.revision is None


def test_flags_reach_the_configuration(context: Context) -> None:
    context.flags["--base"] = "debian:sid"
    assert context.config.base == "debian:sid"


def test_the_environment_is_the_one_that_was_given(project: Path) -> None:
    (project / "pyproject.toml").write_text(TEXT)
    context = Context(environment={"LONGSHORE_BASE": "debian:sid"}, start=str(project))
    assert context.config.base == "debian:sid"


def test_a_relative_start_is_below_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text(TEXT)
    monkeypatch.chdir(project.parent)
    assert Context(start=project.name).root == project
    with pytest.raises(ProjectError, match="gone: no such folder"):
        _ = Context(start="gone").root


def test_closing_gives_back_what_was_made_and_makes_nothing(context: Context) -> None:
    context.close()
    assert "reporter" not in vars(context)
    assert "transport" not in vars(context)
    assert context.transport is not None
    context.close()
    context.close()


def test_the_source_is_what_git_tracks(context: Context, project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True, env=dict(os.environ))
    subprocess.run(["git", "add", "."], cwd=project, check=True, env=dict(os.environ))
    (project / "new.py").touch()
    assert [str(file.path) for file in context.source.files] == ["pyproject.toml"]
