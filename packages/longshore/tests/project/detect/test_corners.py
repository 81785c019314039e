"""Corners of several modules that people do reach."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.project.detect.reading import Reading
from longshore.project.detect.values import Made
from longshore.types import CommandLine

Detect = Callable[..., Detection]
Read = Callable[..., Reading]
WHEEL = '[build-system]\nrequires = []\n[project]\nname = "shop"\n'
APP = "from fastapi import FastAPI\napp = FastAPI()\n"


def command(found: Detection, name: str) -> str:
    one = found.find(name)
    assert one is not None, found.problems
    assert isinstance(one.process.serve, CommandLine)
    return " ".join(one.process.serve.argv)


def test_a_plain_callable_that_is_imported_where_servers_look_counts(detected: Detect) -> None:
    found = detected(
        {
            "shop/__init__.py": "",
            "shop/inner.py": "async def app(scope, receive, send): ...\n",
            "shop/main.py": "from shop.inner import app\n",
        }
    ).find("web")

    assert found is not None
    assert found.reason == "shop/main.py:1: from shop.inner import app"
    assert found.framework == "ASGI"


@pytest.mark.parametrize(
    "call",
    [
        "main.mount('/x', app=inner.app)",
        "DispatcherMiddleware(main, {'/x': 1})",
        "main.mount('/', 1)",
    ],
)
def test_mounting_by_keyword_and_of_strange_things(detected: Detect, call: str) -> None:
    found = detected(
        {
            "shop/__init__.py": "",
            "shop/inner.py": APP,
            "shop/main.py": APP.replace("app =", "main =") + f"from shop import inner\n{call}\n",
        }
    )

    assert found.find("web") is not None


SETUPTOOLS = '[tool.setuptools]\npackages = ["shop"]\n[tool.setuptools.package-dir]\n'


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ('[tool.hatch.build.targets.wheel]\nonly-include = ["shop"]\n', "shop/main.py"),
        ('[tool.setuptools]\npackages = ["shop", "shop.sub"]\n', "shop/main.py"),
        (SETUPTOOLS + 'shop = "lib/shop"\n', "lib/shop/main.py"),
        (SETUPTOOLS + "shop = 3\n", "shop/main.py"),
        ('[tool.setuptools]\npy-modules = ["main"]\n', "main.py"),
        ('[tool.poetry]\npackages = [3, { include = "shop" }]\n', "shop/main.py"),
        ('[tool.scikit-build.wheel]\npackages = ["python/shop"]\n', "python/shop/main.py"),
    ],
)
def test_what_a_backend_ships_is_found(detected: Detect, tool: str, path: str) -> None:
    found = detected({"pyproject.toml": WHEEL + tool, path: APP})

    web = found.find("web")
    assert web is not None, found.problems
    assert str(getattr(web.process.serve, "app", "")).endswith("main:app")


def test_two_queues_in_one_file_have_their_workers(detected: Detect) -> None:
    found = detected(
        {
            "shop/__init__.py": "",
            "shop/worker.py": "from celery import Celery\napp = Celery()\n"
            "if __name__ == '__main__':\n    app.start()\n",
        }
    )

    assert [one.process.name for one in found.processes] == ["worker"]
    assert command(found, "worker") == "celery -A shop.worker worker"


def test_python_m_of_a_server_is_the_server(detected: Detect) -> None:
    found = detected({"Procfile": "web: python -m waitress --port=90 main:app\n", "main.py": APP})

    web = found.find("web")
    assert web is not None
    assert web.process.port == 90


@pytest.mark.parametrize("line", ["web: uv run", "web: A=1"])
def test_a_line_that_runs_nothing_is_none(detected: Detect, line: str) -> None:
    (problem,) = detected({"Procfile": f"{line}\n", "a.py": ""}).problems

    assert problem.message == f"Procfile:1: expected 'name: command', got {line!r}"


def test_a_script_of_the_procfile_that_is_not_the_application_stays(detected: Detect) -> None:
    found = detected({"Procfile": "web: python serve.py\n", "main.py": APP, "serve.py": "x = 1\n"})

    assert command(found, "web") == "python serve.py"


def test_a_module_of_a_locked_package_is_no_mistake(detected: Detect) -> None:
    files = {"Procfile": "web: uvicorn titiler.application.main:app\n", "a.py": ""}

    assert detected(files, locked={"titiler-application"}).problems == ()
    assert len(detected(files, locked={"other"}).problems) == 1


def test_a_huge_file_is_data(detected: Detect) -> None:
    assert detected({"data.py": APP + "#" * (2 << 20)}).kind == "library"


def test_a_library_may_be_called_like_itself(detected: Detect) -> None:
    found = detected({"flask.py": "import flask\n", "celery.py": "x = 1\n"}, name="flask")

    assert found.problems == ()


def test_a_script_of_another_distribution_is_not_checked(detected: Detect) -> None:
    text = '[project]\nname = "shop"\n[project.scripts]\nshop = "elsewhere.cli:main"\n'

    assert command(detected({"pyproject.toml": text, "shop.py": ""}), "job") == "shop"


def test_of_several_packages_the_one_with_the_projects_name_runs(detected: Detect) -> None:
    found = detected({"shop/__main__.py": "print(1)\n", "other/__main__.py": "print(2)\n"})

    assert command(found, "job") == "python -m shop"


def test_dramatiq_without_a_broker_of_its_own(detected: Detect) -> None:
    text = "import dramatiq\n@other\n@dramatiq.actor\ndef a(): ...\n"

    assert command(detected({"tasks.py": text}), "worker") == "dramatiq tasks"


def test_a_class_called_like_a_scheduler_is_none(detected: Detect) -> None:
    text = APP + "from mine import BackgroundScheduler\nBackgroundScheduler()\n"

    assert detected({"main.py": text}).notes == ()


def test_a_condition_in_the_main_part_calls_functions(detected: Detect) -> None:
    text = """
        from aiohttp import web
        def other(): ...
        def main():
            web.run_app(web.Application(), port=9000)
        if __name__ == "__main__":
            print(1)
            other()
            main()
    """
    assert command(detected({"main.py": text}), "web") == "python main.py"


@pytest.mark.parametrize(
    "text",
    [
        "app = f()()\n",
        "a, b = 1\napp = a\n",
        "a, b = 1, 2, 3\napp = a\n",
        "app: 'not (valid' = 1\n",
        "app: int = 1\n",
        "class A: pass\na = A()\napp = a.missing()\n",
        "class A:\n    def app(self): ...\na = A()\napp = a.app()\n",
        "from fasthtml.common import fast_app\nx, app = fast_app()\n",
        "def f():\n    return\napp = f()\n",
        "def f():\n    for i in x:\n        return i\napp = f()\n",
        "app = [1][0]\n",
        "def a(): return a()\napp = a()\n",
        "import fastapi\ndef f() -> 'int': ...\napp = f()\n",
        "app = 1 if x else 2\n",
    ],
)
def test_what_is_no_application_is_none(reading: Read, text: str) -> None:
    found = reading({"main.py": text})
    module = found.resolver.module("main")
    assert module is not None

    value = found.resolver.attribute(module, "app")

    assert not (isinstance(value, Made) and value.framework)


def test_a_null_byte_is_a_broken_file(detected: Detect) -> None:
    (problem,) = detected({"main.py": APP + "\0"}).problems

    assert problem.message.startswith("main.py:")


def test_code_that_nests_too_deep_is_data(detected: Detect) -> None:
    text = APP + "x = " + "-" * 5000 + "1\n"

    assert detected({"main.py": text}).processes == ()


def test_a_name_that_is_no_name_is_not_the_projects(detected: Detect) -> None:
    found = detected(
        {"pyproject.toml": '[project]\nname = "shop"\n[tool.fastapi]\nentrypoint = 3\n'}
    )

    assert found.kind == "library"


def test_a_program_without_options_on_a_port_that_is_computed(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": WHEEL + '[project.scripts]\nshop = "shop:main"\n',
            "shop/__init__.py": "import uvicorn\nfrom shop.x import app, port\n"
            "def main():\n    uvicorn.run(app(), host='127.0.0.1', port=port())\n",
            "shop/x.py": "",
        }
    )

    assert command(found, "web") == "shop"
    assert [note.rule for note in found.notes] == ["detect.local-address", "detect.port-unknown"]
