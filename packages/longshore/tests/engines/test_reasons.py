"""Ends of processes, in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from longshore.engines.interface import Restarts, RunState, RunStatus
from longshore.engines.reasons import describe_exit, describe_state, exit_docs, exit_hint
from longshore.engines.restart import Ending

ROOT = Path(__file__).parents[2]
"""A project with a pyproject.toml: this distribution."""


def exited(code: int | None, *, oom: bool = False, error: str = "") -> RunState:
    return RunState(status=RunStatus.EXITED, exit_code=code, out_of_memory=oom, error=error)


@pytest.mark.parametrize(
    ("state", "short", "sentence"),
    [
        (exited(0), "exited (0)", "exited with code 0"),
        (exited(3), "exited (3)", "exited with code 3"),
        (
            exited(78),
            "exited (78: a setting is missing or wrong)",
            "exited with code 78: a setting is missing or wrong",
        ),
        (exited(137), "exited (SIGKILL)", "ended: SIGKILL"),
        (exited(255), "exited (255)", "ended: 255"),
        (exited(137, oom=True), "exited (out of memory)", "ended: out of memory"),
        (exited(None), "exited (nobody saw how)", "ended: nobody saw how"),
        (exited(126, error="no such file"), "exited (126: no such file)", None),
        (RunState(status=RunStatus.RUNNING), "running", None),
        (
            replace(exited(1), restarts=Restarts(count=5, last=Ending(exit_code=1))),
            "exited (1; restarted 5x)",
            "exited with code 1",
        ),
        (
            RunState(
                status=RunStatus.RUNNING,
                restarts=Restarts(count=2, last=Ending(exit_code=137, out_of_memory=True)),
            ),
            "running (restarted 2x, last exit: out of memory)",
            None,
        ),
        (RunState(status=RunStatus.GONE), "gone", "was removed by somebody else"),
    ],
)
def test_states_in_words(state: RunState, short: str, sentence: str | None) -> None:
    assert describe_state(state) == short
    if sentence is not None:
        assert describe_exit(state) == sentence


def test_hint_says_what_to_do() -> None:
    assert (
        exit_hint(exited(78), "web", root=ROOT)
        == "give the setting with -e KEY=VALUE or --env-file FILE"
    )
    assert exit_hint(exited(1), "web", root=ROOT) == "see all of its output: longshore logs web"
    assert (
        exit_hint(exited(137, oom=True), "web", root=ROOT)
        == "raise resources.memory of [tool.longshore.processes.web]"
    )
    assert exit_hint(exited(137), "web", root=ROOT) == (
        "if nobody killed it, it ran out of memory: "
        "raise resources.memory of [tool.longshore.processes.web]"
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "OSError: [Errno 30] Read-only file system: '/home/nonroot/.ara'",
            (
                'add writable = ["/home/nonroot/.ara"] to [tool.longshore.processes.web], '
                "and to that of whatever shares it; `longshore init` writes the tables"
            ),
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/var/lib/shop/shop.db'",
            (
                'add writable = ["/var/lib/shop"] to [tool.longshore.processes.web], '
                "and to that of whatever shares it; `longshore init` writes the tables"
            ),
        ),
        (
            "OSError: [Errno 30] Read-only file system: '/app/shop.db'",
            "give it a setting that names a folder elsewhere: /app/shop.db lies among the code",
        ),
        (
            "OSError: [Errno 30] Read-only file system: 'logs'",
            (
                'add writable = ["/app/logs"] to [tool.longshore.processes.web], '
                "and to that of whatever shares it; `longshore init` writes the tables"
            ),
        ),
    ],
)
def test_folder_that_can_not_be_written_to_is_in_the_hint(line: str, hint: str) -> None:
    assert exit_hint(exited(1), "web", ["Traceback", line, "the end"], root=ROOT) == hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "ModuleNotFoundError: No module named 'distutils'",
            (
                "Python 3.12 has 'distutils' no more: write "
                'base = "debian:bookworm", which has 3.11, into [tool.longshore]'
            ),
        ),
        (
            "longshore-serve: no module named 'cgi'",
            (
                "Python 3.13 has 'cgi' no more: write "
                'base = "debian:bookworm", which has 3.11, into [tool.longshore]'
            ),
        ),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            "add 'setuptools<81' to the project's dependencies: it has pkg_resources",
        ),
        (
            "locale.Error: unsupported locale setting",
            (
                'the image has the locale "C" only: write packages = ["libc-bin"] for C.UTF-8, '
                'or packages = ["locales-all"] for all of them, into [tool.longshore]'
            ),
        ),
        ("ModuleNotFoundError: No module named 'six'", "see all of its output: longshore logs web"),
    ],
)
def test_what_neither_base_nor_lock_has_is_in_the_hint(line: str, hint: str) -> None:
    assert exit_hint(exited(1), "web", ["Traceback", line, "the end"], root=ROOT) == hint


def test_command_that_wants_other_arguments_is_to_be_written() -> None:
    lines = ["usage: shop [-h] folder", "shop: error: the following arguments are required: folder"]
    assert exit_hint(exited(2), "web", lines, root=ROOT) == (
        "write its whole command line: "
        '[tool.longshore.processes.web]: command = ["program", "argument"]'
    )
    assert exit_hint(exited(2), "web", root=ROOT) == "see all of its output: longshore logs web"


def test_hint_names_the_file_that_a_project_without_pyproject_has(tmp_path: Path) -> None:
    assert exit_hint(exited(137, oom=True), "web", root=tmp_path) == (
        "raise resources.memory of [processes.web] in longshore.toml"
    )


@pytest.mark.parametrize(
    "line",
    [
        "django.db.utils.OperationalError: unable to open database file",
        "sqlite3.OperationalError: attempt to write a readonly database",
    ],
)
def test_sqlite_needs_a_place_to_write(line: str) -> None:
    assert exit_hint(exited(1), "migrate", ["…", line, "…"], root=ROOT) == (
        "SQLite can't write where its file is: let a setting name a path below /data, and add "
        'writable = ["/data"] to [tool.longshore.processes.migrate], '
        "and to that of whatever shares it"
    )


def test_a_page_tells_more_about_sqlite_only() -> None:
    assert exit_docs(["django.db.utils.OperationalError: unable to open database file"]) == (
        "how-to/run-here.md#a-sqlite-database"
    )
    assert exit_docs(["KeyError: 'A'"]) is None
