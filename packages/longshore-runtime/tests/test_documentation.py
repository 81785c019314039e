"""The reference names every variable, option and exit code that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import longshore_runtime
from longshore_runtime.errors import ExitCode
from longshore_runtime.options import build_parser

SOURCE = Path(longshore_runtime.__file__).parent
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "runtime.md"

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="not in the repository")


@pytest.fixture(scope="module")
def reference() -> str:
    return REFERENCE.read_text()


def test_every_variable_is_documented(reference: str) -> None:
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    variables = set(re.findall(r"\bLONGSHORE_[A-Z_]+[A-Z]\b", text)) | {"TRUSTED_PROXIES"}
    assert sorted(name for name in variables if f"`{name}`" not in reference) == []


def test_no_variable_is_documented_that_does_not_exist(reference: str) -> None:
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    documented = set(re.findall(r"`(LONGSHORE_[A-Z_]+)`", reference))
    assert sorted(name for name in documented if name not in text) == []


def test_every_option_is_documented(reference: str) -> None:
    flags = [
        option
        for action in build_parser()._actions
        for option in action.option_strings
        if option.startswith("--") and option not in {"--help", "--version"}
    ]
    assert sorted(flag for flag in flags if f"`{flag}`" not in reference) == []


def test_every_exit_code_is_documented(reference: str) -> None:
    assert [code for code in ExitCode if f"| {int(code)} |" not in reference] == []


def test_every_event_is_documented(reference: str) -> None:
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    events = set(re.findall(r"\.emit\(\s*\"([a-z-]+)\"", text))
    assert sorted(name for name in events if f"`{name}`" not in reference) == []
