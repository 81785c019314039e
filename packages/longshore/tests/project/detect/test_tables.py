"""The tables can be read back: they say what was detected."""

import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.config.process import processes
from longshore.project.detect import Detection, smallest_table
from longshore.project.detect.tables import command_table, include_table, process_table
from longshore.types import (
    Asgi,
    CommandLine,
    EntryPoint,
    Process,
    ProcessKind,
    Wsgi,
)

Detect = Callable[..., Detection]
APP = EntryPoint.parse("shop.main:app")

PROCESSES = [
    Process(name="web", kind=ProcessKind.WEB, serve=Asgi(APP), port=8000),
    Process(name="web", kind=ProcessKind.WEB, serve=Wsgi(APP), port=9000, env={"A": 'b"\\\n'}),
    Process(name="web", kind=ProcessKind.WEB, serve=CommandLine(("shop", "serve")), port=8000),
    Process(name="worker", kind=ProcessKind.WORKER, serve=CommandLine(("celery", "-A", "a"))),
    Process(
        name="scheduler",
        kind=ProcessKind.SCHEDULER,
        serve=CommandLine(("celery", "beat")),
        singleton=True,
    ),
    Process(name="migrate", kind=ProcessKind.RELEASE, serve=CommandLine(("alembic", "upgrade"))),
    Process(
        name="purge",
        kind=ProcessKind.CRON,
        serve=CommandLine(("shop", "purge")),
        schedule="0 3 * * *",
    ),
    Process(name="job", kind=ProcessKind.JOB, serve=CommandLine(("shop",))),
]


@pytest.mark.parametrize("process", PROCESSES, ids=lambda one: f"{one.name} {one.serve}")
def test_a_table_reads_back_as_its_process(process: Process) -> None:
    written = tomllib.loads(process_table(process, "longshore.toml"))

    (read,) = processes(written["processes"])

    assert (read.name, read.kind, read.serve, read.port, read.singleton, dict(read.env)) == (
        process.name,
        process.kind,
        process.serve,
        process.port,
        process.singleton,
        dict(process.env),
    )


def test_in_pyproject_the_table_is_below_tool() -> None:
    text = process_table(PROCESSES[0], "pyproject.toml")

    assert text == '[tool.longshore.processes.web]\nasgi = "shop.main:app"\n'


@given(st.lists(st.text(), min_size=1).filter(lambda words: words[0]))
def test_any_word_of_a_command_reads_back(words: list[str]) -> None:
    table = tomllib.loads(command_table("job", words, "longshore.toml"))

    assert table["processes"]["job"]["command"] == words


def test_the_smallest_table_has_everything_that_was_found(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": """
                [build-system]
                requires = ["hatchling"]
                build-backend = "hatchling.build"
                [project]
                name = "shop"
            """,
            "src/shop/__init__.py": "",
            "src/shop/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/env.py": "",
        }
    )

    assert smallest_table(found) == (
        '[tool.longshore]\ninclude = ["alembic.ini", "migrations/"]\n\n'
        '[tool.longshore.processes.migrate]\ncommand = ["alembic", "upgrade", "head"]\n'
        'run = "before-deploy"\n\n'
        '[tool.longshore.processes.web]\nasgi = "shop.main:app"\n'
    )


def test_of_a_library_the_smallest_table_is_what_it_would_have_to_say(detected: Detect) -> None:
    found = detected({"shop/__init__.py": ""})

    assert smallest_table(found) == '[processes.web]\nasgi = "PACKAGE.MODULE:app"\n'


def test_undecided_processes_are_in_the_smallest_table(detected: Detect) -> None:
    text = "from fastapi import FastAPI\napp = FastAPI()\n"

    found = detected({"one/__init__.py": text, "two/__init__.py": text})

    assert smallest_table(found) == '[processes.web]\nasgi = "one:app"\n'


def test_include_stands_at_the_root_of_longshore_toml() -> None:
    assert include_table(["a", "b/"], "longshore.toml") == 'include = ["a", "b/"]\n'
