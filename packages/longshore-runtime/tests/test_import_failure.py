"""A failed import shows the application's frames, the cause and what to do."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from longshore_runtime.cli import main
from longshore_runtime.listener import explain_bind
from longshore_runtime.testing import Served, Stopped
from longshore_runtime.workers import NUMERIC

if TYPE_CHECKING:
    from pathlib import Path

Fail = Callable[..., Stopped]


@pytest.fixture
def fail(serve: Callable[..., Served], tmp_path: Path) -> Fail:
    """Serve a project whose import fails."""

    def run(files: dict[str, str], target: str = "main:app", **options: Any) -> Stopped:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return serve(target, cwd=tmp_path, **options).wait()

    return run


def check(stopped: Stopped, message: str, hint: str, code: int = 70) -> None:
    failed = stopped.event("failed")
    assert stopped.code == failed["exit_code"] == code
    assert message in failed["message"]
    assert hint in failed["hint"]
    assert stopped.events[-1] == failed
    assert len(stopped.stderr.splitlines()) <= 15
    assert "site-packages" not in stopped.stderr
    assert "importlib" not in stopped.stderr


def test_missing_dependency_names_its_distribution(fail: Fail) -> None:
    stopped = fail({"main.py": "import helper\n", "helper.py": "x = 1\nimport jwt.none\n"})
    check(stopped, "helper.py:2: no module named 'jwt'", "'pyjwt'")


def test_missing_module_of_the_target(fail: Fail) -> None:
    check(fail({}, "nowhere.main:app"), "no module named 'nowhere'", "working directory")


def test_circular_import_shows_the_ring(fail: Fail) -> None:
    stopped = fail(
        {"main.py": "from other import x\napp = 1\n", "other.py": "from main import app\n"}
    )
    check(stopped, "circular import: main.py -> other.py -> main.py", "move the shared names")


def test_syntax_error_shows_the_line_and_the_column(fail: Fail) -> None:
    stopped = fail({"main.py": "def create(:\n    pass\n"})
    check(stopped, "main.py:1: syntax error", "correct the line")
    assert "           ^" in stopped.stderr


def test_wrong_attribute_suggests_the_right_one(fail: Fail) -> None:
    stopped = fail({"main.py": "application = 1\n"})
    check(stopped, "no attribute 'app'", "did you mean 'application'?")


def test_factory_with_arguments(fail: Fail) -> None:
    stopped = fail({"main.py": "def create(settings): ...\n"}, "main:create")
    check(stopped, "a callable with the arguments (settings)", "takes no arguments")


def test_exception_shows_the_frames_of_the_application_only(fail: Fail) -> None:
    stopped = fail(
        {
            "main.py": "import json\ndef load():\n    return json.loads('{')\napp = load()\n",
        }
    )
    check(stopped, "JSONDecodeError", "raised at main.py:3 in load")
    assert "return json.loads('{')" in stopped.stderr


def test_password_in_a_message_is_masked(fail: Fail) -> None:
    stopped = fail({"main.py": "raise ValueError('bad dsn postgres://u:hunter2@h/x')\n"})
    check(stopped, "postgres://u:***@h/x", "main.py:1")
    assert "hunter2" not in str(stopped.events)


def test_sys_exit_in_a_module_is_not_a_success(fail: Fail) -> None:
    check(fail({"main.py": "import sys\nsys.exit(0)\n"}), "sys.exit(0)", "__main__")


def test_import_that_hangs_says_where_and_ends(fail: Fail) -> None:
    stopped = fail(
        {"main.py": "import threading\nthreading.Event().wait()\n"},
        env={"LONGSHORE_STARTUP_TIMEOUT": "1"},
    )
    check(stopped, "still waiting on the import: main.py:2", "LONGSHORE_STARTUP_TIMEOUT")


def test_port_below_1024_without_the_privilege() -> None:
    error = explain_bind(OSError(errno.EACCES, "Permission denied"), "0.0.0.0", 80)
    assert error.code == 78
    assert "8000" in error.hint


def test_check_imports_and_does_not_bind(fail: Fail) -> None:
    good = "async def app(scope, receive, send): ...\n"
    stopped = fail({"main.py": good}, flags=("--check",))
    assert stopped.code == 0
    assert stopped.event("checked")["app"] == "main:app"
    assert not [event for event in stopped.events if event["event"] == "boot"]


def test_check_of_a_broken_application_has_the_same_code(fail: Fail) -> None:
    check(fail({"main.py": "import nope\n"}, flags=("--check",)), "'nope'", "dependencies")


def test_print_config_shows_names_and_no_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2")
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    for name in NUMERIC:
        monkeypatch.setenv(name, "1")
    assert main(["--print-config", "--port", "1234", "plain:app"]) == 0
    out = capsys.readouterr().out
    shown = json.loads(out)
    assert (shown["port"], shown["workers"], shown["workers_why"]) == (1234, 3, "WEB_CONCURRENCY")
    assert shown["environment"]["MY_TOKEN"] == "***"
    assert "hunter2" not in out
