"""What a start costs: which modules are imported, by the real command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("longshore")
FORBIDDEN = (
    "asyncio",
    "concurrent",
    "email",
    "http",
    "importlib.metadata",
    "json",
    "logging",
    "packaging",
    "pathlib",
    "rich",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "tomllib",
    "urllib3",
    "click.shell_completion",
    "longshore.config",
    "longshore.net",
    "longshore.oci",
    "longshore.types",
)


def imports(*command: str | Path) -> set[str]:
    """Return the modules that a command imports, as the interpreter itself reports them."""
    environment = os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.fixture(scope="module")
def click_alone() -> set[str]:
    return imports(sys.executable, "-c", "import click")


# Help asks for the width of the terminal, for which click imports shutil and its archivers.
@pytest.mark.parametrize(("option", "most"), [("--help", 26), ("--version", 16)])
def test_the_first_answer_imports_click_and_hardly_more(
    click_alone: set[str], option: str, most: int
) -> None:
    extra = imports(SCRIPT, option) - click_alone
    assert [
        name
        for name in sorted(extra)
        if any(name == root or name.startswith(f"{root}.") for root in FORBIDDEN)
    ] == []
    assert len(extra) <= most, sorted(extra)


def test_a_command_imports_no_other_command() -> None:
    found = imports(SCRIPT, "completion", "fish")
    commands = {"build", "up", "ps", "logs", "down", "run", "lock", "config"}
    assert not {f"longshore.cli.{name}" for name in commands} & found
