"""What the tests of the command line share."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from longshore.cli.context import Context
from longshore.cli.group import Entry
from longshore.cli.main import root

Body = Callable[[Context], object]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that nothing of the user's own is read or written, in CI or not."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CACHE", "DATA", "STATE"):
        monkeypatch.delenv(f"LONGSHORE_{name}_DIR", raising=False)
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    for name in ("CI", "LONGSHORE_BASE", "LONGSHORE_BYTECODE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Body], None]:
    """Put a command named ``probe`` into the table, as a command of our own would be."""

    def install(body: Body) -> None:
        @click.command()
        @click.pass_obj
        def probe(context: Context) -> object:
            """Do what the test says."""
            return body(context)

        module = ModuleType("longshore_test_probe")
        module.probe = probe  # type: ignore[attr-defined] # a module made by hand
        monkeypatch.setitem(sys.modules, module.__name__, module)
        entry = Entry(module=module.__name__, attribute="probe", help="Do what the test says.")
        monkeypatch.setitem(root._entries, "probe", entry)

    return install
