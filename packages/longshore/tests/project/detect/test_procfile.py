"""A Procfile is the project's own list of processes."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.types import Asgi, ProcessKind, Wsgi

Detect = Callable[..., Detection]
FLASK = "from flask import Flask\napp = Flask('a')\n"


def test_its_lines_are_the_processes_and_nothing_is_added(detected: Detect) -> None:
    found = detected(
        {
            "Procfile": "worker: celery -A shop.tasks worker\n",
            "shop/__init__.py": FLASK,
            "shop/tasks.py": "from celery import Celery\napp = Celery()\n",
            "alembic.ini": "[alembic]\nscript_location = x\n",
        }
    )

    assert [one.process.name for one in found.processes] == ["worker"]
    assert [note.rule for note in found.notes] == ["detect.no-migration"]


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ("gunicorn shop:app", "gunicorn"),
        ("waitress-serve --port 80 shop:app", "waitress"),
        ("granian --interface wsgi shop:app", "granian"),
        ("uvicorn shop:main", "uvicorn"),
        ("hypercorn shop:main", "hypercorn"),
        ("daphne shop:main", "daphne"),
        ("gunicorn -k uvicorn.workers.UvicornWorker shop:main", None),
        ("fastapi run shop.py", None),
    ],
)
def test_its_server_is_kept(detected: Detect, line: str, server: str | None) -> None:
    shop = FLASK + "from fastapi import FastAPI\nmain = FastAPI()\napp2 = app\n"
    files = {"Procfile": f"web: {line}\n", "shop.py": shop}
    if "fastapi" in line:
        files["shop.py"] = "from fastapi import FastAPI\napp = FastAPI()\n"

    (found,) = detected(files).processes

    assert found.process.server == server


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("web", ProcessKind.WEB),
        ("release", ProcessKind.RELEASE),
        ("worker", ProcessKind.WORKER),
        ("Mail_Worker", ProcessKind.WORKER),
        ("clock", ProcessKind.SCHEDULER),
    ],
)
def test_the_name_gives_the_kind(detected: Detect, name: str, kind: ProcessKind) -> None:
    (found,) = detected({"Procfile": f"{name}: program\n", "a.py": ""}).processes

    assert found.process.kind is kind
    assert found.process.singleton is (kind is ProcessKind.SCHEDULER)
    assert found.process.name == name.lower().replace("_", "-")
    assert found.process.port == (8000 if kind is ProcessKind.WEB else None)


def test_gunicorn_with_a_worker_of_uvicorn_serves_asgi(detected: Detect) -> None:
    (found,) = detected(
        {
            "Procfile": "web: gunicorn -k uvicorn.workers.UvicornWorker -b :9000 shop:app\n",
            "shop.py": "from somewhere import app\n",
        }
    ).processes

    assert isinstance(found.process.serve, Asgi)
    assert found.process.port == 9000
    assert found.reason.startswith("Procfile:1: web: gunicorn")


@pytest.mark.parametrize(
    "line",
    [
        "flask run",
        "FLASK_APP=shop flask run",
        "flask --app shop.py run",
        "python shop.py",
        "gunicorn shop:app --reload",
    ],
)
def test_development_servers_become_the_application(detected: Detect, line: str) -> None:
    text = FLASK + "if __name__ == '__main__':\n    app.run()\n"

    found = detected({"Procfile": f"web: {line}\n", "shop.py": text})

    (web,) = found.processes
    assert isinstance(web.process.serve, Wsgi)
    assert str(web.process.serve.app) == "shop:app"
    assert [note.rule for note in found.notes] == ["detect.development-server"]


def test_runserver_becomes_djangos_application(detected: Detect) -> None:
    settings = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    found = detected(
        {
            "Procfile": "web: python manage.py runserver 0.0.0.0:9000\n",
            "manage.py": settings + "import django\n",
            "shop/__init__.py": "",
            "shop/settings.py": "",
            "shop/wsgi.py": settings
            + "from django.core.wsgi import get_wsgi_application\n"
            + "application = get_wsgi_application()\n",
        }
    )

    (web,) = found.processes
    assert str(getattr(web.process.serve, "app", "")) == "shop.wsgi:application"
    assert web.process.port == 9000


@pytest.mark.parametrize("target", ["app/main.py", "app"])
def test_fastapi_run_names_a_file_or_a_folder(detected: Detect, target: str) -> None:
    (web,) = detected(
        {
            "Procfile": f"web: fastapi run {target} --port 80\n",
            "app/__init__.py": "",
            "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        }
    ).processes

    assert str(getattr(web.process.serve, "app", "")) == "app.main:app"
    assert web.process.port == 80


def test_a_server_without_an_application_says_so(detected: Detect) -> None:
    found = detected({"Procfile": "web: gunicorn\n", "a.py": ""})

    assert [one.message for one in found.problems] == ["Procfile:1: gunicorn names no application"]


def test_a_script_that_the_wheel_lacks_is_a_problem(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": '[build-system]\nrequires = []\n[project]\nname = "shop"\n',
            "shop/__init__.py": "",
            "bot.py": "",
            "Procfile": "worker: python bot.py\n",
        }
    )

    assert [one.message for one in found.problems] == [
        "bot.py:1: bot.py is not part of the wheel, which ships shop"
    ]


def test_settings_in_front_are_the_environment(detected: Detect) -> None:
    (web,) = detected({"Procfile": "web: A=1 gunicorn shop:app\n", "shop.py": FLASK}).processes

    assert dict(web.process.env) == {"A": "1"}
