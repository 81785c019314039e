"""Workers, schedulers and migrations."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.types import CommandLine

Detect = Callable[..., Detection]
WEB = "from fastapi import FastAPI\napp = FastAPI()\n"
CELERY = "from celery import Celery\n"


def argv(found: Detection, name: str) -> str:
    one = found.find(name)
    assert one is not None
    assert isinstance(one.process.serve, CommandLine)
    return " ".join(one.process.serve.argv)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (CELERY + "app = Celery('a')\n", "shop.tasks"),
        (CELERY + "celery = Celery('a')\n", "shop.tasks"),
        (CELERY + "queue = Celery('a')\n", "shop.tasks:queue"),
        ("import celery as c\napp = c.Celery('a')\n", "shop.tasks"),
        (CELERY + "class Own(Celery): pass\napp = Own()\n", "shop.tasks"),
        (CELERY + "def make(): return Celery()\n\napp = queue = make()\n", "shop.tasks"),
    ],
)
def test_a_celery_application_has_a_worker(detected: Detect, text: str, target: str) -> None:
    found = detected({"shop/__init__.py": "", "shop/tasks.py": text})

    assert argv(found, "worker") == f"celery -A {target} worker"
    assert found.find("scheduler") is None


@pytest.mark.parametrize(
    "line",
    [
        "app.conf.beat_schedule = {'a': 1}",
        "app.conf.beat_schedule['a'] = 1",
        "app.conf.update(beat_schedule={})",
        "app.add_periodic_task(10.0, None)",
        "CELERY_BEAT_SCHEDULE = {}",
    ],
)
def test_a_schedule_of_celery_is_a_process_of_its_own(detected: Detect, line: str) -> None:
    found = detected({"shop/__init__.py": "", "shop/tasks.py": f"{CELERY}app = Celery()\n{line}\n"})

    assert argv(found, "scheduler") == (
        "celery -A shop.tasks beat --schedule /tmp/celerybeat-schedule"
    )
    scheduler = found.find("scheduler")
    assert scheduler is not None
    assert scheduler.process.singleton
    assert scheduler.reason.startswith("shop/tasks.py:3: ")


def test_a_dashboard_of_queues_has_no_worker(detected: Detect) -> None:
    text = WEB + "from rq import Queue\ndef show(name):\n    return Queue(name).count\n"

    assert detected({"main.py": text}).find("worker") is None


def test_taskiqs_broker_in_memory_has_no_worker(detected: Detect) -> None:
    text = WEB + "from taskiq import InMemoryBroker\nbroker = InMemoryBroker()\n"

    assert detected({"main.py": text}).find("worker") is None


@pytest.mark.parametrize(
    ("files", "command", "include"),
    [
        (
            {"alembic.ini": "[alembic]\nscript_location = %(here)s/db\n", "db/env.py": ""},
            "alembic upgrade head",
            ("alembic.ini", "db/"),
        ),
        (
            {"db/alembic.ini": "[alembic]\nscript_location = versions\n", "db/versions/a.py": ""},
            "alembic -c db/alembic.ini upgrade head",
            ("db/alembic.ini", "db/versions/"),
        ),
        (
            {"alembic.ini": "[alembic]\nscript_location = shop:migrations\n"},
            "alembic upgrade head",
            ("alembic.ini",),
        ),
        (
            {"alembic.ini": "[alembic]\nscript_location = shop/db\n", "shop/db/env.py": ""},
            "alembic upgrade head",
            ("alembic.ini",),
        ),
    ],
)
def test_alembic_runs_before_a_deploy_with_its_files(
    detected: Detect, files: dict[str, str], command: str, include: tuple[str, ...]
) -> None:
    project = '[build-system]\nrequires = []\n[project]\nname = "shop"\n'
    found = detected(
        {
            "pyproject.toml": project,
            "shop/__init__.py": "",
            "shop/main.py": WEB,
            **files,
        }
    )

    assert argv(found, "migrate") == command
    assert found.include == include


def test_alembic_in_pyproject_counts(detected: Detect) -> None:
    text = '[project]\nname = "shop"\n[tool.alembic]\nscript_location = "%(here)s/db"\n'

    found = detected({"pyproject.toml": text, "main.py": WEB, "db/env.py": ""})

    assert argv(found, "migrate") == "alembic upgrade head"
    assert found.include == ()


def test_migrations_of_a_library_are_no_process(detected: Detect) -> None:
    found = detected({"alembic.ini": "[alembic]\nscript_location = x\n", "shop/__init__.py": ""})

    assert found.processes == ()
