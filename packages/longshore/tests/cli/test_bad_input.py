"""What people get wrong first: one message with what, where and what to do, and an exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main

Install = Callable[[Callable[[Context], object]], None]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def probe(install: Install) -> None:
    """A command that reads the project, as every command that builds does."""
    install(lambda context: context.project)


def fail(project: Path, text: str, capsys: Capture, *, command: str = "config") -> tuple[int, str]:
    """Run a command on a project file; return the exit code and what it said."""
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    code = main([command])
    out, err = capsys.readouterr()
    assert out == ""
    return code, err


@pytest.mark.parametrize("command", ["config", "probe"])
def test_not_a_project(project: Path, capsys: Capture, command: str) -> None:
    assert main([command]) == 3
    assert capsys.readouterr() == (
        "",
        (
            f"error: {project}: not a project: no pyproject.toml or longshore.toml here or above\n"
            "hint: go to the project's folder, or name it with --project\n"
        ),
    )


def test_a_project_file_without_a_project(project: Path, capsys: Capture) -> None:
    assert fail(project, "[tool.ruff]\n", capsys, command="probe") == (
        3,
        (
            f"error: {project}: not a project: pyproject.toml has no [project] table\n"
            "hint: add a [project] table with a name and a version\n"
        ),
    )


@pytest.mark.parametrize("command", ["config", "probe"])
def test_invalid_toml(project: Path, capsys: Capture, command: str) -> None:
    text = '[project]\nname = "a"\nversion = 1.2.3\n'
    assert fail(project, text, capsys, command=command) == (
        2,
        (
            "error: pyproject.toml:3:14: invalid TOML: expected newline or end of document "
            "after a statement\n"
        ),
    )


def test_an_unknown_key(project: Path, capsys: Capture) -> None:
    text = '[tool.longshore.processes.web]\nasgi = "a:app"\nprot = 8000\n'
    assert fail(project, text, capsys) == (
        2,
        (
            "error: pyproject.toml: tool.longshore.processes.web.prot: unknown key\n"
            "hint: did you mean 'port'?\n"
        ),
    )


def test_a_key_of_a_later_version(project: Path, capsys: Capture) -> None:
    assert fail(project, '[tool.longshore]\nplatforms = ["linux/amd64"]\n', capsys) == (
        2,
        (
            "error: pyproject.toml: tool.longshore.platforms: unknown key\n"
            "hint: this version of longshore does not support it yet: remove it\n"
        ),
    )


def test_several_wrong_types_at_once(project: Path, capsys: Capture) -> None:
    text = """
[tool.longshore]
bytecode = "yes"
include = "migrations/"

[tool.longshore.processes.web]
asgi = "taskapi.main"
port = "8000"
env = { WORKERS = 2 }
"""
    place = "error: pyproject.toml: tool.longshore"
    assert fail(project, text, capsys) == (
        2,
        (
            f"{place}.include: expected an array, got 'migrations/'\n"
            'hint: write ["migrations/"]\n'
            f"{place}.bytecode: expected true or false, got 'yes'\n"
            f"{place}.processes.web.asgi: expected 'package.module:attribute', got 'taskapi.main'\n"
            "hint: write 'taskapi.main:app'\n"
            f"{place}.processes.web.port: expected an integer between 1 and 65535, got '8000'\n"
            "hint: write 8000 without quotes\n"
            f"{place}.processes.web.env.WORKERS: expected a string, got 2\n"
            'hint: write "2"\n'
        ),
    )


def test_a_credential_in_the_file(project: Path, capsys: Capture) -> None:
    text = '[tool.longshore.processes.web]\nasgi = "a:app"\nenv = { API_TOKEN = "s3cr3t" }\n'
    code, err = fail(project, text, capsys)
    assert code == 2
    assert err == (
        "error: pyproject.toml: tool.longshore.processes.web.env.API_TOKEN: "
        "looks like a credential\n"
        'hint: write secrets = ["API_TOKEN"] instead, and set the value where the service runs\n'
    )


def test_a_wrong_variable(project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGSHORE_BASE", "trixie")
    assert fail(project, "", capsys) == (
        2,
        "error: LONGSHORE_BASE: expected a base such as 'debian:trixie', got 'trixie'\n",
    )


def test_a_project_without_a_name(project: Path, capsys: Capture) -> None:
    assert fail(project, '[project]\nversion = "1"\n', capsys, command="probe") == (
        3,
        (
            "error: pyproject.toml: project.name: missing\n"
            'hint: add name = "…": the specification requires it\n'
        ),
    )
