"""``up --watch``: what is saved is soon what answers."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.harness import Bench, eventually

ROUTE = '    @app.get("/")'


@pytest.fixture(scope="module")
def engine() -> str:
    """The one that is there everywhere."""
    return "builtin"


@pytest.fixture
def source(bench: Bench) -> Iterator[Path]:
    """The file that is worked on."""
    path = bench.project / "src" / "taskapi" / "api.py"
    before = path.read_text()
    yield path
    path.write_text(before)


def test_saved_file_is_what_answers(bench: Bench, source: Path) -> None:
    before = source.read_text()
    assert before.count(ROUTE) == 1
    with bench.start(*bench.up_arguments, "--watch") as up:
        assert up.stdout is not None
        assert up.stdout.readline() == f"http://127.0.0.1:{bench.port}\n"
        route = '    @app.get("/new")\n    def new() -> int:\n        return 42\n\n'
        source.write_text(before.replace(ROUTE, route + ROUTE))
        eventually(lambda: answers(bench, "/new"), what="the new version answers")
        source.write_text(before + "\nraise RuntimeError('half-written')\n")
        eventually(lambda: not answers(bench, "/new"), what="the wrong version is tried")
        eventually(lambda: answers(bench, "/new"), what="the version before is back")
        up.send_signal(signal.SIGINT)
        _, err = up.communicate(timeout=60)
    assert up.returncode in (0, 130), err  # 130: it was not yet said that it is ready
    assert "changed: src/taskapi/api.py\n" in err
    assert "half-written" in err
    assert err.count("migrate: finished") == 1
    assert bench.leftovers() == []


def answers(bench: Bench, path: str) -> bool:
    """Tell whether the service answers there."""
    try:
        return bench.ask("GET", path).status == 200
    except OSError:
        return False
