"""``longshore config``."""

import json
from pathlib import Path

import pytest

from longshore.cli.main import main

TEXT = """
[project]
name = "a"
version = "1"

[tool.longshore]
base = "debian:trixie"

[tool.longshore.processes.web]
asgi = "a:app"
drain = "1m"
env = { LOG_LEVEL = "info" }
resources = { memory = "1536Mi" }
"""


def test_every_value_has_its_source(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(TEXT)
    monkeypatch.setenv("LONGSHORE_BYTECODE", "off")
    assert main(["config"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == (
        "KEY                             VALUE          SOURCE\n"
        "base                            debian:trixie  pyproject.toml\n"
        "packages                        []             default\n"
        "include                         []             default\n"
        "bytecode                        false          LONGSHORE_BYTECODE\n"
        "processes.web.asgi              a:app          pyproject.toml\n"
        "processes.web.kind              web            default\n"
        "processes.web.port              8000           default\n"
        "processes.web.resources.memory  1536Mi         pyproject.toml\n"
        "processes.web.singleton         false          default\n"
        "processes.web.drain             60s            pyproject.toml\n"
        "processes.web.writable          []             default\n"
        "processes.web.env.LOG_LEVEL     info           pyproject.toml\n"
        "processes.web.secrets           []             default\n"
        "processes.web.scale.min         1              default\n"
        "processes.web.scale.max         1              default\n"
        "processes.web.restart           on-failure     default\n"
    )


def test_json_has_the_same_values_and_null_for_what_nobody_said(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.longshore.processes.job]\ncommand = ["a", "b"]\n'
    )
    assert main(["config", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["base"] == {"value": None, "source": {"kind": "default", "place": None}}
    assert document["processes.job.command"] == {
        "value": ["a", "b"],
        "source": {"kind": "file", "place": "pyproject.toml"},
    }


def test_the_project_is_found_from_below_and_by_its_option(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "longshore.toml").write_text('base = "debian:sid"\n')
    (project / "src").mkdir()
    monkeypatch.chdir(project / "src")
    assert main(["config"]) == 0
    assert "base      debian:sid  longshore.toml" in capsys.readouterr().out
    monkeypatch.chdir("/")
    assert main(["config", "--project", str(project)]) == 0
    assert main(["--project", str(project / "src"), "config"]) == 0
    assert capsys.readouterr().out.count("debian:sid") == 2
