"""Shell completion."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from longshore.cli.main import main, root

PROJECT = """
[project]
name = "shop"
version = "1"

[tool.longshore.processes]
web = { asgi = "shop:app" }
worker = { command = ["work"] }
purge = { command = ["purge"], schedule = "0 3 * * *" }
"""


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o nosort -F _longshore_completion longshore"),
        ("zsh", "#compdef longshore"),
        ("fish", "complete --no-files --command longshore"),
    ],
)
def test_the_script_of_a_shell_is_data(
    capsys: pytest.CaptureFixture[str], shell: str, line: str
) -> None:
    assert main(["completion", shell]) == 0
    out, err = capsys.readouterr()
    assert line in out
    assert "_LONGSHORE_COMPLETE" in out
    assert err == ""


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_commands_are_completed_without_importing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("longshore.cli.")]:
        if name.rpartition(".")[2] in ("build", "up", "logs"):
            monkeypatch.delitem(sys.modules, name)
    with click.Context(root, info_name="longshore") as context:
        found = {item.value: item.help for item in root.shell_complete(context, "l")}
    assert found == {
        "logs": "Show the output of what runs of the project.",
        "lock": "Pin what the project's own lock does not.",
    }
    assert "longshore.cli.logs" not in sys.modules


def test_options_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    with click.Context(root, info_name="longshore") as context:
        found = [item.value for item in root.shell_complete(context, "--f")]
    assert found == ["--format"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_accepts_the_script_and_asks_the_program(tmp_path: Path) -> None:
    folder = Path(sys.executable).parent
    script = (
        'eval "$(longshore completion bash)"; COMP_WORDS=(longshore co); COMP_CWORD=1; '
        '_longshore_completion longshore; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["config", "completion"]


def test_names_of_processes_are_completed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text(PROJECT)

    def complete(words: str, at: int) -> list[str]:
        monkeypatch.setenv("_LONGSHORE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(at))
        main([])
        out, err = capsys.readouterr()
        assert err == ""
        return [line.removeprefix("plain,") for line in out.splitlines() if line]

    assert complete("longshore up ", 2) == ["web", "worker"]
    assert complete("longshore up web w", 3) == ["worker"]
    assert complete("longshore run ", 2) == ["purge", "worker"]
    assert complete("longshore logs ", 2) == []
    (project / "pyproject.toml").write_text("broken")
    assert complete("longshore up ", 2) == []
