"""Whatever the files are, detection answers."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.project.detect import Detection, detect

Detect = Callable[..., Detection]

LINES = st.sampled_from(
    [
        "from fastapi import FastAPI",
        "from shop.b import *",
        "from shop.b import app",
        "from shop import a, b",
        "import shop.a",
        "app = FastAPI()",
        "app = a.app",
        "app = create_app()",
        "def create_app(): return app",
        "def create_app() -> FastAPI: ...",
        "class A(A): pass",
        "class B(FastAPI): pass",
        "app = B()",
        "app.run(port=port)",
        "port = port",
        "if __name__ == '__main__': app.run()",
        "from celery import Celery",
        "celery = Celery()",
        "celery.conf.beat_schedule = {}",
        "(",
    ]
)
FILE = st.lists(LINES, max_size=8).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(one=FILE, two=FILE, three=FILE)
def test_no_program_makes_detection_fail(one: str, two: str, three: str) -> None:
    files = {"shop/__init__.py": one, "shop/a.py": two, "shop/b.py": three}

    found = detect(files, lambda path: files[path].encode(), name="shop")

    assert found == detect(files, lambda path: files[path].encode(), name="shop")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["setup.py", "setup.cfg", "Procfile", "a.py", "manage.py", "alembic.ini"]),
        st.binary(max_size=60),
    )
)
def test_no_bytes_make_detection_fail(files: dict[str, bytes]) -> None:
    found = detect(files, files.__getitem__, name="shop")

    assert isinstance(found, Detection)


def test_a_file_that_is_gone_is_as_good_as_absent() -> None:
    def read(path: str) -> bytes:
        raise FileNotFoundError(path)

    found = detect(["main.py"], read, name="shop")

    assert found.kind == "library"


def test_a_file_in_its_declared_encoding_is_read() -> None:
    text = "# coding: latin-1\nfrom flask import Flask\nname = 'é'\napp = Flask(name)\n"

    found = detect(["app.py"], lambda _: text.encode("latin-1"), name="shop")

    assert found.processes[0].reason == "app.py:4: app = Flask(…)"


@pytest.mark.parametrize(
    "path",
    [
        "tests/app.py",
        "docs/app.py",
        "examples/web/app.py",
        "shop/tests/app.py",
        "test_app.py",
        "app_test.py",
        "conftest.py",
        "_app.py",
        ".venv/app.py",
        "node_modules/x/app.py",
        "scripts/app.py",
        "shop/project_template/app.py",
    ],
)
def test_tests_documents_and_examples_are_no_application(detected: Detect, path: str) -> None:
    found = detected({path: "from fastapi import FastAPI\napp = FastAPI()\n"})

    assert found.kind == "library"


def test_problems_of_several_processes_are_one_error(detected: Detect) -> None:
    text = "from fastapi import FastAPI\nfrom celery import Celery\napp = FastAPI()\nc = Celery()\n"

    found = detected({"one/__init__.py": text, "two/__init__.py": text})

    error = found.error()
    assert error is not None
    assert str(error) == "2 things to run can't be decided by reading"
    assert "2 applications fit the web process equally well:" in error.context
    assert "2 Celery applications fit the worker equally well:" in error.context


def test_what_is_clear_has_no_error(detected: Detect) -> None:
    found = detected({"app.py": "from flask import Flask\napp = Flask('a')\n"})

    assert found.error() is None
    assert found.find("web") is not None
    assert found.find("worker") is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"pyproject.toml": '[project]\nname="a"\n[tool.fastapi]\nentrypoint = "x.core:api"\n'},
            "pyproject.toml: tool.fastapi.entrypoint: 'x.core:api'",
        ),
        ({"gunicorn.conf.py": "wsgi_app = 'x.core:api'\n"}, "gunicorn.conf.py:1: wsgi_app = "),
        ({".flaskenv": "FLASK_APP=x.core:api\n"}, ".flaskenv:1: FLASK_APP=x.core:api"),
        (
            {"run.py": "import uvicorn\nuvicorn.run('x.core:api', port=9)\n"},
            "run.py:2: uvicorn.run('x.core:api', …)",
        ),
    ],
)
def test_what_the_project_says_comes_first(
    detected: Detect, files: dict[str, str], reason: str
) -> None:
    text = "from fastapi import FastAPI\napp = FastAPI()\n"
    others = {"main.py": text, "x/__init__.py": "", "x/core.py": text.replace("app", "api")}

    found = detected({**others, **files}).find("web")

    assert found is not None
    assert str(getattr(found.process.serve, "app", "")) == "x.core:api"
    assert found.reason.startswith(reason)


def test_a_broken_django_beside_another_application_is_a_note(detected: Detect) -> None:
    found = detected(
        {
            "shop/__init__.py": "",
            "shop/main.py": "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n"
            "if __name__ == '__main__':\n    uvicorn.run('shop.main:app')\n",
            "shop/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"
            "application = get_wsgi_application()\n",
        }
    )

    assert found.problems == ()
    assert [str(note) for note in found.notes] == [
        "shop/wsgi.py:3: 'settings' was not found: there is no module 'settings'"
    ]


@pytest.mark.parametrize(
    ("others", "command"),
    [
        (["shop/deep.py"], "python report.py"),
        (["shop/main.py", "shop/deep.py"], "python report.py"),
    ],
)
def test_a_script_at_the_top_is_better_than_one_in_a_package(
    detected: Detect, others: list[str], command: str
) -> None:
    text = "if __name__ == '__main__':\n    print(1)\n"

    (job,) = detected(dict.fromkeys(["report.py", *others], text)).processes

    assert " ".join(getattr(job.process.serve, "argv", ())) == command


def test_without_one_at_the_top_a_usual_name_is_better(detected: Detect) -> None:
    text = "if __name__ == '__main__':\n    print(1)\n"

    (job,) = detected(
        dict.fromkeys(["shop/main.py", "shop/a.py", "shop/__init__.py"], text)
    ).processes

    assert getattr(job.process.serve, "argv", ()) == ("python", "-m", "shop.main")


def test_a_lone_module_that_only_defines_is_no_script(detected: Detect) -> None:
    assert detected({"demo.py": "app = None\ndef f(): ...\n"}).kind == "library"


def test_a_framework_that_the_lock_lacks_is_an_optional_part(detected: Detect) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "shop"\n[project.scripts]\nshop = "shop:main"\n',
        "shop/__init__.py": "def main(): ...\n",
        "shop/app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "shop/factory.py": "from fastapi import FastAPI\ndef make() -> FastAPI: ...\n",
        "shop/tasks.py": "from celery import Celery\napp = Celery()\n",
    }

    without = detected(files, locked={"click"})
    with_them = detected(files, locked={"click", "fastapi", "celery"})

    assert [one.process.name for one in without.processes] == ["job"]
    assert [one.process.name for one in with_them.processes] == ["web", "worker"]


def test_a_distribution_with_another_name_counts(detected: Detect) -> None:
    text = "import socketio\napp = socketio.ASGIApp(None)\n"

    assert detected({"main.py": text}, locked={"python-socketio"}).find("web") is not None
    assert detected({"main.py": text}, locked=set()).find("web") is None


def test_an_application_without_its_framework_is_named(detected: Detect) -> None:
    found = detected(
        {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, locked={"click"}
    )

    error = found.error()
    assert error is not None
    assert str(error) == (
        "nothing to run was found: main.py:2: app = FastAPI() needs FastAPI, which is not locked"
    )
    assert error.context == ()
    assert error.hint == "add it to what the project needs, and lock again"
