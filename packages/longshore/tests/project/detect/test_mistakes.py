"""The mistakes that docs/explanation/detection.md lists, with the words that people read."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.project.detect import Detection

Detect = Callable[..., Detection]

TESTS = Path(__file__).parents[2]
KINDS = ("asgi", "wsgi", "django", "own", "worker", "script", "procfile")
MISTAKES = {
    f"{kind}: {each['name']}": each
    for kind in KINDS
    for each in tomllib.loads((TESTS / f"mistakes/{kind}.toml").read_text("utf-8"))["mistake"]
}
PROBLEMS = [name for name, mistake in MISTAKES.items() if "says" in mistake]
NOTES = [name for name in MISTAKES if name not in PROBLEMS]
NOTHING = {"script: nothing that runs", "script: no Python"}

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
WHEEL = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"
    [project]
    name = "shop"
    version = "1"
"""


@pytest.mark.parametrize("case", [name for name in PROBLEMS if name not in NOTHING])
def test_a_mistake_is_said_with_its_place(detected: Detect, case: str) -> None:
    found = detected(MISTAKES[case]["files"])

    assert [problem.message for problem in found.problems] == [MISTAKES[case]["message"]]
    assert found.kind == "application"


@pytest.mark.parametrize("case", NOTES)
def test_what_looks_wrong_is_noted_and_stops_nothing(detected: Detect, case: str) -> None:
    found = detected(MISTAKES[case]["files"])

    assert MISTAKES[case]["message"] in [str(note) for note in found.notes]
    assert found.problems == ()
    assert found.find("web") is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_the_five_messages(kind: str) -> None:
    page = (TESTS.parents[2] / "docs/explanation/detection.md").read_text("utf-8")
    text = " ".join(line.strip() for line in page.splitlines())
    messages = [each["message"] for name, each in MISTAKES.items() if name.startswith(f"{kind}: ")]

    assert [message for message in messages if message in text] == messages
    assert len(messages) == 5


def test_a_project_without_python_says_so(detected: Detect) -> None:
    found = detected({"README.md": "hello"})

    assert found.kind == "library"
    assert str(found.error()) == "nothing to run was found: the project has no Python file"


def test_nothing_to_run_lists_what_was_looked_for_and_the_table(detected: Detect) -> None:
    found = detected(
        {"pyproject.toml": WHEEL, "src/shop/__init__.py": "", "src/shop/a.py": "x = 1\n"}
    )

    error = found.error()

    assert error is not None
    assert str(error) == "nothing to run was found in 2 Python files"
    assert error.exit_code == 3
    assert error.context[0].startswith("- an ASGI application: FastAPI")
    assert error.context[-3:] == (
        "write in pyproject.toml:",
        "  [tool.longshore.processes.web]",
        '  asgi = "PACKAGE.MODULE:app"',
    )


def test_several_candidates_are_listed_with_the_table(detected: Detect) -> None:
    found = detected(
        {
            "one/__init__.py": "",
            "one/main.py": FASTAPI,
            "two/__init__.py": "",
            "two/main.py": FASTAPI,
        }
    )

    error = found.error()
    assert error is not None
    assert error.context == (
        "- one.main:app  (one/main.py:2: app = FastAPI())",
        "- two.main:app  (two/main.py:2: app = FastAPI())",
        "write in longshore.toml:",
        "  [processes.web]",
        '  asgi = "one.main:app"',
    )
