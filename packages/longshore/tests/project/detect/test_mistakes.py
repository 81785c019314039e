"""The mistakes that docs/explanation/detection.md lists, with the words that people read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.project.detect import Detection

Detect = Callable[..., Detection]

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
MANAGE = """
    import os

    def main():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
        from django.core.management import execute_from_command_line
        execute_from_command_line()

    if __name__ == "__main__":
        main()
"""
WSGI = """
    import os
    from django.core.wsgi import get_wsgi_application
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    application = get_wsgi_application()
"""
WHEEL = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"
    [project]
    name = "shop"
    version = "1"
"""
SCRIPTS = WHEEL + "[project.scripts]\n"

PROBLEMS = {
    # ASGI applications
    "asgi: factory with an argument": (
        {
            "src/shop/__init__.py": "",
            "src/shop/api.py": """
                from fastapi import FastAPI



                import shop.routes


                def create_app(settings) -> FastAPI:
                    return FastAPI(title=settings.title)
            """,
        },
        "src/shop/api.py:8: create_app() needs an argument 'settings', so a server can't call it",
    ),
    "asgi: two applications": (
        {
            "one/__init__.py": "",
            "one/main.py": FASTAPI,
            "two/__init__.py": "",
            "two/main.py": FASTAPI,
        },
        "2 applications fit the web process equally well",
    ),
    "asgi: beside the package": (
        {
            "pyproject.toml": WHEEL,
            "src/shop/__init__.py": "",
            "main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
        },
        "main.py:3: app = FastAPI() is not part of the wheel, which ships src/shop",
    ),
    "asgi: only in the script": (
        {
            "pyproject.toml": WHEEL,
            "src/shop/__init__.py": "",
            "src/shop/main.py": """
                import uvicorn
                from fastapi import FastAPI

                if __name__ == "__main__":
                    app = FastAPI()
                    uvicorn.run(app)
            """,
        },
        (
            "src/shop/main.py:5: the application is made under 'if __name__ == \"__main__\"', "
            "where no server can import it"
        ),
    ),
    "asgi: hyphen": (
        {"my-shop/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"},
        "my-shop/main.py:3: 'my-shop' is no importable name",
    ),
    # Flask and other WSGI applications
    "wsgi: hides the library": (
        {"flask.py": FLASK},
        "flask.py: hides the library 'flask' from every import",
    ),
    "wsgi: factory with an argument": (
        {
            "shop/__init__.py": """
                from flask import Flask

                def create_app(config):
                    app = Flask(__name__)
                    app.config.from_object(config)
                    return app
            """
        },
        "shop/__init__.py:3: create_app() needs an argument 'config', so a server can't call it",
    ),
    "wsgi: .flaskenv": (
        {".flaskenv": "FLASK_APP=shop.wsgi:app\n", "shop/__init__.py": FLASK},
        ".flaskenv:1: 'shop.wsgi:app' was not found: there is no module 'shop.wsgi'",
    ),
    "wsgi: in a function": (
        {
            "shop.py": """
                from flask import Flask

                def main():
                    app = Flask(__name__)
                    app.config["A"] = 1
            """
        },
        "shop.py:4: the application is made in main(), where no server can import it",
    ),
    # Django
    "django: no settings": (
        {
            "manage.py": """
                import os, sys
                from django.core.management import execute_from_command_line
                os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv.pop()
                execute_from_command_line()
            """
        },
        "manage.py: no literal DJANGO_SETTINGS_MODULE",
    ),
    "django: missing settings": (
        {
            "manage.py": MANAGE.format(settings="shop.setings"),
            "shop/__init__.py": "",
            "shop/settings.py": "INSTALLED_APPS = []\n",
        },
        "manage.py:4: 'shop.setings' was not found: there is no module 'shop.setings'",
    ),
    "django: renamed wsgi": (
        {
            "manage.py": MANAGE.format(settings="shop.settings"),
            "shop/__init__.py": "",
            "shop/settings.py": "# 1\n# 2\n# 3\nWSGI_APPLICATION = 'shop.wsgi.application'\n",
        },
        "shop/settings.py:4: 'shop.wsgi:application' was not found: there is no module 'shop.wsgi'",
    ),
    "django: two projects": (
        {
            "one/manage.py": MANAGE.format(settings="one.settings"),
            "two/manage.py": MANAGE.format(settings="two.settings"),
        },
        "2 Django projects were found",
    ),
    # Own servers and console scripts
    "own: missing function": (
        {
            "pyproject.toml": SCRIPTS + '    shop = "shop.cli:man"\n',
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main():\n    pass\n",
        },
        (
            "pyproject.toml: project.scripts.shop: 'shop.cli:man' was not found: "
            "'shop.cli' has no 'man'"
        ),
    ),
    "own: several scripts": (
        {
            "pyproject.toml": SCRIPTS + '    one = "shop.cli:main"\n    two = "shop.cli:main"\n',
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main():\n    pass\n",
        },
        "2 console scripts fit the command equally well",
    ),
    # Workers and schedulers
    "worker: two Celery applications": (
        {
            "shop/__init__.py": "",
            "shop/tasks.py": "from celery import Celery\napp = Celery('a')\n",
            "shop/mail.py": "from celery import Celery\napp = Celery('b')\n",
        },
        "2 Celery applications fit the worker equally well",
    ),
    "worker: Celery in a function": (
        {
            "shop/__init__.py": "",
            "shop/tasks.py": """
                from celery import Celery

                def make_celery(flask_app):
                    celery = Celery(flask_app.name)
                    return celery
            """,
        },
        (
            "shop/tasks.py:4: the Celery application is made in make_celery(), "
            "where its command can't find it"
        ),
    ),
    "worker: two arq workers": (
        {
            "shop/__init__.py": "",
            "shop/one.py": "class WorkerSettings:\n    functions = []\n# arq\nimport arq\n",
            "shop/two.py": "class WorkerSettings:\n    functions = []\n# arq\nimport arq\n",
        },
        "2 arq workers fit the worker equally well",
    ),
    # Scripts, jobs, command lines
    "script: several": (
        {
            "one.py": "if __name__ == '__main__':\n    print(1)\n",
            "two.py": "if __name__ == '__main__':\n    print(2)\n",
        },
        "2 scripts fit the command equally well",
    ),
    "script: syntax": (
        {"main.py": "from fastapi import FastAPI\n\napp = = FastAPI()\n"},
        "main.py:3: invalid syntax",
    ),
    "script: not in the wheel": (
        {
            "pyproject.toml": WHEEL,
            "src/shop/__init__.py": "",
            "run.py": "import shop\n\nif __name__ == '__main__':\n    shop.go()\n",
        },
        "run.py:3: run.py is not part of the wheel, which ships src/shop",
    ),
    # Procfile
    "procfile: shell": (
        {"Procfile": "web: ./migrate && gunicorn shop:app\n", "shop.py": FLASK},
        "Procfile:1: '&&' needs a shell, and the image has none",
    ),
    "procfile: variable": (
        {"Procfile": "web: gunicorn -w $WORKERS shop:app\n", "shop.py": FLASK},
        "Procfile:1: '$WORKERS' would need a shell to be replaced",
    ),
    "procfile: missing module": (
        {"Procfile": "web: uvicorn shop.main:app\n", "shop/__init__.py": ""},
        "Procfile:1: 'shop.main:app' was not found: there is no module 'shop.main'",
    ),
    "procfile: no line": (
        {"Procfile": "web: gunicorn shop:app\ngunicorn\n", "shop.py": FLASK},
        "Procfile:2: expected 'name: command', got 'gunicorn'",
    ),
}

NOTES = {
    "wsgi: development server": (
        {
            "app.py": """
                from flask import Flask

                app = Flask(__name__)

                @app.get("/")
                def index():
                    return "hello"
                if __name__ == "__main__":
                    app.run(debug=True)
            """
        },
        "app.py:9: the development server is not shipped; the runtime serves app:app",
    ),
    "django: local settings": (
        {
            "manage.py": MANAGE.format(settings="config.settings.local"),
            "config/__init__.py": "",
            "config/wsgi.py": WSGI.format(settings="config.settings.production"),
            "config/settings/__init__.py": "",
            "config/settings/base.py": "WSGI_APPLICATION = 'config.wsgi.application'\n",
            "config/settings/local.py": "from .base import *\n",
            "config/settings/production.py": "from .base import *\n",
        },
        "manage.py: names 'config.settings.local'; every process gets 'config.settings.production'",
    ),
    "own: local address": (
        {
            "server.py": """
                from aiohttp import web

                app = web.Application()



                if __name__ == "__main__":
                    web.run_app(app, host="127.0.0.1", port=9000)
            """
        },
        "server.py:8: listens on '127.0.0.1', which nothing outside its container reaches",
    ),
    "own: from inside the package": (
        {
            "pyproject.toml": WHEEL,
            "src/shop/__init__.py": "",
            "src/shop/main.py": """
                import uvicorn
                from fastapi import FastAPI

                app = FastAPI()

                if __name__ == "__main__":
                    uvicorn.run("main:app", reload=True)
            """,
        },
        "src/shop/main.py:7: 'main:app' was not found: there is no module 'main'",
    ),
    "own: computed port": (
        {
            "shop/__init__.py": "",
            "shop/server.py": """
                from aiohttp import web
                from shop.conf import settings

                def main():
                    app = web.Application()


                    web.run_app(app, port=settings.port)

                if __name__ == "__main__":
                    main()
            """,
        },
        "shop/server.py:8: the port is not a literal; 8000 is assumed",
    ),
    "worker: scheduler in the web process": (
        {
            "shop/__init__.py": "",
            "shop/main.py": """
                from apscheduler.schedulers.background import BackgroundScheduler
                from fastapi import FastAPI

                app = FastAPI()

                scheduler = BackgroundScheduler()
                scheduler.start()
            """,
        },
        "shop/main.py:6: BackgroundScheduler runs once in every replica of the web process",
    ),
    "worker: -B": (
        {
            "Procfile": "web: gunicorn shop:app\nworker: celery -A shop worker -B\n",
            "shop.py": FLASK,
        },
        "Procfile:2: -B starts a scheduler in every replica of the worker",
    ),
    "procfile: development server": (
        {"Procfile": "web: uvicorn shop:app --reload\n", "shop.py": FASTAPI},
        "Procfile:1: 'uvicorn --reload' is not shipped; the runtime serves shop:app",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_mistake_is_said_with_its_place(detected: Detect, case: str) -> None:
    files, message = PROBLEMS[case]

    found = detected(files)

    assert [problem.message for problem in found.problems] == [message]
    assert found.kind == "application"


@pytest.mark.parametrize("case", NOTES)
def test_what_looks_wrong_is_noted_and_stops_nothing(detected: Detect, case: str) -> None:
    files, message = NOTES[case]

    found = detected(files)

    assert message in [str(note) for note in found.notes]
    assert found.problems == ()
    assert found.find("web") is not None


@pytest.mark.parametrize("case", [*PROBLEMS, *NOTES])
def test_the_page_has_the_message(case: str) -> None:
    _, message = (PROBLEMS | NOTES)[case]
    page = Path(__file__).parents[5] / "docs/explanation/detection.md"
    lines = (line.strip() for line in page.read_text("utf-8").splitlines())

    assert message in " ".join(lines)


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
