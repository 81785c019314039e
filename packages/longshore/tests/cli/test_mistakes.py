"""The mistakes that docs/explanation/detection.md lists, as their users see them.

Each is a project in ``tests/mistakes``, with all that ``build`` and ``up`` say about it, and what
the project runs once the proposed table is in its place.
"""

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.locks.pins import FILENAME, BuildPins, Pins, render_pins
from longshore.project.detect.project import show
from longshore.testing import make_wheel
from longshore.testing.sample import Sample, base_pins, hashed
from longshore.testing.sandbox import HostSandbox

Capture = pytest.CaptureFixture[str]

KINDS = ("asgi", "wsgi", "django", "own", "worker", "script", "procfile")
FOLDER = Path(__file__).parents[1] / "mistakes"
LIBRARIES = ("fastapi", "flask", "django", "aiohttp", "celery", "apscheduler", "gunicorn")


def mistakes(kinds: Iterable[str], *, stops: bool) -> list[Any]:
    """Return those that stop a build, or those that do not."""
    return [
        pytest.param(each, id=f"{kind}: {each['name']}")
        for kind in kinds
        for each in tomllib.loads((FOLDER / f"{kind}.toml").read_text("utf-8"))["mistake"]
        if ("says" in each) is stops
    ]


STOPPING = mistakes(KINDS, stops=True)
NOTED = mistakes(KINDS, stops=False)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Path]:
    """Write a project and stand in it; it has ``requirements.txt`` where nothing else marks it."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "shop"
        if "pyproject.toml" not in files:
            files = {"requirements.txt": "", **files}
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        monkeypatch.chdir(root)
        return root

    return write


def contents(root: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def proposed(said: str) -> tuple[str, str] | None:
    """Return the file and the table that a message tells to write."""
    head, found, rest = said.partition("  write in ")
    if not found:
        return None
    file, _, rest = rest.partition(":\n")
    lines = [line[4:] for line in rest.splitlines() if line.startswith("    ")]
    assert head
    return file, "\n".join(lines) + "\n"


@pytest.mark.parametrize("mistake", STOPPING)
def test_a_mistake_is_told_and_nothing_is_left_behind(
    mistake: dict[str, Any], write: Callable[[dict[str, str]], Path], capsys: Capture
) -> None:
    root = write(mistake["files"])
    before = contents(root)

    for command in (["build"], ["build", "--locked"], ["up", "--detach"]):
        assert main([*command, "--quiet"]) == 3
        assert capsys.readouterr() == ("", mistake["says"])

    assert contents(root) == before
    assert Context().layout.names() == {}


@pytest.mark.parametrize(
    "mistake", [each for each in STOPPING if proposed(each.values[0]["says"]) is not None]
)
def test_the_table_of_the_message_is_accepted_and_runs_what_was_meant(
    mistake: dict[str, Any], write: Callable[[dict[str, str]], Path], capsys: Capture
) -> None:
    root = write(mistake["files"])
    file, table = proposed(mistake["says"]) or ("", "")
    with (root / file).open("a", encoding="utf-8") as target:
        target.write(f"\n{table}")

    assert main(["config", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    processes = Context().project.processes
    assert [f"{one.name}, {one.kind.value}: {show(one)}" for one in processes] == mistake["then"]


@pytest.mark.parametrize("mistake", NOTED)
def test_what_looks_wrong_is_noted_and_the_image_is_built(
    mistake: dict[str, Any], sample: Sample, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = [make_wheel(name, "1") for name in LIBRARIES]
    for library in libraries:
        sample.index.add(library)
    for path in sample.root.iterdir():
        path.unlink()
    build = BuildPins(requires=("hatchling",), python="3.13", packages=())
    sample.write(FILENAME, render_pins(Pins(bases=base_pins().bases, builds=(build,))))
    sample.write("requirements.txt", hashed(libraries))
    for name, text in mistake["files"].items():
        sample.write(name, text)
    for name, value in {**sample.environment, "LONGSHORE_BYTECODE": "false"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Context, "sandbox", HostSandbox())
    monkeypatch.chdir(sample.root)

    assert main(["build"]) == 0
    out, err = capsys.readouterr()
    assert "@sha256:" in out
    assert mistake["shows"] in err.splitlines()
