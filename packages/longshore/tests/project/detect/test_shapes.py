"""Shapes of well-known projects, small: what each becomes."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.types import Asgi, CommandLine, Process, Wsgi

Detect = Callable[..., Detection]


def shown(found: Detection) -> dict[str, str]:
    """Each process as name → what runs."""
    return {one.process.name: _what(one.process.serve) for one in found.processes}


def _what(serve: Asgi | Wsgi | CommandLine) -> str:
    if isinstance(serve, CommandLine):
        return " ".join(serve.argv)
    return f"{'asgi' if isinstance(serve, Asgi) else 'wsgi'} {serve.app}"


def process(found: Detection, name: str) -> Process:
    one = found.find(name)
    assert one is not None
    return one.process


def pyproject(extra: str = "", *, name: str = "shop", wheel: bool = True) -> str:
    head = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    return f'{head if wheel else ""}[project]\nname = "{name}"\nversion = "1"\n{extra}'


MANAGE = """
    import os
    import sys

    if __name__ == "__main__":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
        from django.core.management import execute_from_command_line
        execute_from_command_line(sys.argv)
"""
SERVER = """
    import os
    from django.core.{kind} import get_{kind}_application
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    application = get_{kind}_application()
"""


def django(project: str = "shop", *, settings: str = "") -> dict[str, str]:
    """The files of ``django-admin startproject``."""
    name = f"{project}.settings"
    return {
        "manage.py": MANAGE.format(settings=name),
        f"{project}/__init__.py": "",
        f"{project}/settings.py": f"WSGI_APPLICATION = '{project}.wsgi.application'\n{settings}",
        f"{project}/asgi.py": SERVER.format(kind="asgi", settings=name),
        f"{project}/wsgi.py": SERVER.format(kind="wsgi", settings=name),
    }


SHAPES = {
    "FastAPI's full-stack template, its backend": (
        {
            "pyproject.toml": pyproject(
                '[tool.hatch.build.targets.wheel]\npackages = ["app"]\n', name="app"
            ),
            "alembic.ini": "[alembic]\nscript_location = app/alembic\n",
            "app/__init__.py": "",
            "app/alembic/env.py": "from app.models import SQLModel\n",
            "app/main.py": """
                import sentry_sdk
                from fastapi import FastAPI
                from app.api.main import api_router
                from app.core.config import settings

                app = FastAPI(title=settings.PROJECT_NAME)
                app.include_router(api_router, prefix=settings.API_V1_STR)
            """,
            "app/api/__init__.py": "",
            "app/api/main.py": "from fastapi import APIRouter\napi_router = APIRouter()\n",
            "app/tests/conftest.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        },
        {"web": "asgi app.main:app", "migrate": "alembic upgrade head"},
    ),
    "cookiecutter-django": (
        {
            **{
                path: text
                for path, text in django("config").items()
                if path not in {"config/settings.py", "manage.py", "config/asgi.py"}
            },
            "manage.py": MANAGE.format(settings="config.settings.local"),
            "config/wsgi.py": SERVER.format(kind="wsgi", settings="config.settings.production"),
            "config/settings/__init__.py": "",
            "config/settings/base.py": "WSGI_APPLICATION = 'config.wsgi.application'\n"
            "INSTALLED_APPS = ['django_celery_beat']\n"
            "CELERY_BEAT_SCHEDULER = 'django_celery_beat.schedulers:DatabaseScheduler'\n"
            "CELERY_BEAT_SCHEDULE = {}\n",
            "config/settings/local.py": "from .base import *\n",
            "config/settings/production.py": "from .base import *\n",
            "config/celery_app.py": """
                import os
                from celery import Celery
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
                app = Celery("shop")
                app.config_from_object("django.conf:settings", namespace="CELERY")
            """,
        },
        {
            "web": "wsgi config.wsgi:application",
            "worker": "celery -A config.celery_app worker",
            "scheduler": "celery -A config.celery_app beat --scheduler "
            "django_celery_beat.schedulers:DatabaseScheduler",
            "migrate": "python manage.py migrate --noinput",
        },
    ),
    "paperless: Django below src, ASGI for channels": (
        {
            **{
                f"src/{path}": text
                for path, text in django("paperless").items()
                if path != "paperless/settings.py"
            },
            "src/paperless/settings.py": """
                INSTALLED_APPS = ["channels", "documents.apps.DocumentsConfig"]
                WSGI_APPLICATION = "paperless.wsgi.application"
                ASGI_APPLICATION = "paperless.asgi.application"
            """,
            "src/paperless/celery.py": "from celery import Celery\napp = Celery('paperless')\n",
        },
        {
            "web": "asgi paperless.asgi:application",
            "worker": "celery -A paperless.celery worker",
            "migrate": "python src/manage.py migrate --noinput",
        },
    ),
    "a new Django project": (
        django(),
        {"web": "wsgi shop.wsgi:application", "migrate": "python manage.py migrate --noinput"},
    ),
    "Django as a wheel": (
        {"pyproject.toml": pyproject(), **django()},
        {"web": "wsgi shop.wsgi:application", "migrate": "python -m django migrate --noinput"},
    ),
    "Django without asgi.py and wsgi.py": (
        {
            "manage.py": MANAGE.format(settings="settings"),
            "settings.py": "INSTALLED_APPS = []\n",
        },
        {
            "web": "wsgi django.core.wsgi:get_wsgi_application()",
            "migrate": "python manage.py migrate --noinput",
        },
    ),
    "httpbin: two Flask objects, one of them exported": (
        {
            "pyproject.toml": pyproject(name="httpbin"),
            "httpbin/__init__.py": "from .core import *\n",
            "httpbin/core.py": """
                from flask import Flask
                from . import filters
                app = Flask(__name__)
                if __name__ == "__main__":
                    app.run()
            """,
            "httpbin/filters.py": "from flask import Flask\napp = Flask(__name__)\n",
        },
        {"web": "wsgi httpbin:app"},
    ),
    "datasette: a click group with its own server": (
        {
            "setup.py": """
                from setuptools import setup
                setup(name="datasette", entry_points=\"\"\"
                    [console_scripts]
                    datasette=datasette.cli:cli
                \"\"\")
            """,
            "datasette/__init__.py": "",
            "datasette/cli.py": """
                import click
                import uvicorn
                from .app import Datasette

                @click.group()
                def cli():
                    pass

                @cli.command()
                def inspect():
                    pass

                @cli.command()
                @click.option("-h", "--host", default="127.0.0.1")
                @click.option("-p", "--port", default=8001)
                def serve(host, port, **others):
                    ds = Datasette()
                    uvicorn_kwargs = dict(host=host, port=port)
                    uvicorn.run(ds.app(), **uvicorn_kwargs)
            """,
            "datasette/app.py": "class Datasette:\n    def app(self):\n        return object()\n",
        },
        {"web": "datasette serve --host=0.0.0.0 --port=8001"},
    ),
    "flower: a command of Celery on tornado": (
        {
            "setup.py": """
                from setuptools import setup
                setup(
                    name="flower",
                    entry_points={"celery.commands": ["flower = flower.command:flower"]},
                )
            """,
            "flower/__init__.py": "",
            "flower/options.py": "from tornado.options import define\n"
            "define('port', default=5555)\ndefine('address', default='')\n",
            "flower/command.py": """
                import click
                from .app import Flower

                @click.command()
                def flower(ctx, tornado_argv):
                    Flower().start()
            """,
            "flower/app.py": """
                import tornado.web

                class Flower(tornado.web.Application):
                    def start(self):
                        self.listen(5555)
            """,
        },
        {"web": "celery flower --address=0.0.0.0 --port=5555"},
    ),
    "sentry: a factory that wraps, and a worker": (
        {
            "pyproject.toml": pyproject(name="sentry"),
            "src/sentry/__init__.py": "",
            "src/sentry/wsgi.py": """
                from sentry.runner import configure
                configure()
                from django.core.handlers.wsgi import WSGIHandler
                from sentry.middleware import FileWrapperMiddleware
                application = FileWrapperMiddleware(WSGIHandler())
            """,
            "src/sentry/celery.py": """
                from celery import Celery

                class SentryCelery(Celery):
                    pass

                app = SentryCelery("sentry")
            """,
        },
        {"web": "wsgi sentry.wsgi:application", "worker": "celery -A sentry.celery worker"},
    ),
    "Flask's tutorial: a factory in the package": (
        {
            "pyproject.toml": pyproject(name="flaskr"),
            "flaskr/__init__.py": """
                from flask import Flask

                def create_app(test_config=None):
                    app = Flask(__name__)
                    from . import db
                    db.init_app(app)
                    return app
            """,
            "flaskr/db.py": "def init_app(app):\n    pass\n",
        },
        {"web": "wsgi flaskr:create_app()"},
    ),
    "the mega-tutorial: a root module with Flask-Migrate": (
        {
            "microblog.py": "from app import create_app, db\n\napp = create_app()\n",
            "app/__init__.py": """
                from flask import Flask
                from flask_sqlalchemy import SQLAlchemy
                from flask_migrate import Migrate
                from config import Config

                db = SQLAlchemy()
                migrate = Migrate()

                def create_app(config_class=Config):
                    app = Flask(__name__)
                    db.init_app(app)
                    migrate.init_app(app, db)
                    return app
            """,
            "app/tasks.py": "from app import create_app\napp = create_app()\n",
            "config.py": "class Config:\n    pass\n",
            "migrations/alembic.ini": "[alembic]\n",
        },
        {
            "web": "wsgi microblog:app",
            "migrate": "flask --app microblog:app db upgrade",
        },
    ),
    "Litestar with a plug-in": (
        {"app.py": "from litestar import Litestar, get\napp = Litestar(route_handlers=[])\n"},
        {"web": "asgi app:app"},
    ),
    "Starlette, annotated": (
        {
            "src/shop/__init__.py": "",
            "src/shop/asgi.py": """
                from starlette.applications import Starlette
                from shop.routes import routes
                app: Starlette = Starlette(routes=routes)
            """,
        },
        {"web": "asgi shop.asgi:app"},
    ),
    "Quart": (
        {"shop/__init__.py": "from quart import Quart\napp = Quart(__name__)\n"},
        {"web": "asgi shop:app"},
    ),
    "Falcon, both": (
        {
            "look/__init__.py": "",
            "look/app.py": "import falcon\n\napplication = falcon.App()\n",
            "look/other.py": "import falcon.asgi\n\napp = falcon.asgi.App()\n",
        },
        {"web": "wsgi look.app:application"},
    ),
    "aiohttp's own server": (
        {
            "polls/__init__.py": "",
            "polls/main.py": """
                from aiohttp import web

                async def init_app(argv=None):
                    return web.Application()

                def main(argv):
                    app = init_app(argv)
                    web.run_app(app, host="0.0.0.0", port=9002)

                if __name__ == "__main__":
                    main([])
            """,
        },
        {"web": "python -m polls.main"},
    ),
    "Pyramid": (
        {
            "tutorial/__init__.py": "",
            "tutorial/wsgi.py": """
                from pyramid.config import Configurator

                def build():
                    config = Configurator()
                    config.add_route("home", "/")
                    return config.make_wsgi_app()

                app = build()
            """,
        },
        {"web": "wsgi tutorial.wsgi:app"},
    ),
    "Dash": (
        {"app.py": "from dash import Dash\ndash_app = Dash()\nserver = dash_app.server\n"},
        {"web": "wsgi app:server"},
    ),
    "Socket.IO around FastAPI": (
        {
            "main.py": """
                import socketio
                from fastapi import FastAPI
                api = FastAPI()
                sio = socketio.AsyncServer(async_mode="asgi")
                app = socketio.ASGIApp(sio, other_asgi_app=api)
            """
        },
        {"web": "asgi main:app"},
    ),
    "radicale: a plain WSGI callable": (
        {
            "radicale/__init__.py": """
                def application(environ, start_response):
                    return []
            """
        },
        {"web": "wsgi radicale:application"},
    ),
    "a sub-application is part of the one that mounts it": (
        {
            "shop/__init__.py": "",
            "shop/main.py": """
                from fastapi import FastAPI
                from shop import admin
                app = FastAPI()
                app.mount("/admin", admin.app)
            """,
            "shop/admin.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        },
        {"web": "asgi shop.main:app"},
    ),
    "arq, Dramatiq and Huey beside an API": (
        {
            "shop/__init__.py": "",
            "shop/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "shop/jobs.py": """
                import arq
                class WorkerSettings:
                    functions = []
            """,
            "shop/actors.py": """
                import dramatiq
                dramatiq.set_broker(None)
                @dramatiq.actor
                def send(to):
                    pass
            """,
            "shop/mails.py": """
                from dramatiq import actor
                @actor(max_retries=3)
                def mail(to):
                    pass
            """,
            "shop/queue.py": "from huey import RedisHuey\nhuey = RedisHuey('shop')\n",
        },
        {
            "web": "asgi shop.main:app",
            "worker": "dramatiq shop.actors shop.mails",
            "worker-arq": "arq shop.jobs.WorkerSettings",
            "worker-huey": "huey_consumer shop.queue.huey",
        },
    ),
    "RQ and its queues": (
        {
            "app.py": """
                from flask import Flask
                from redis import Redis
                from rq import Queue
                app = Flask(__name__)
                urgent = Queue("high", connection=Redis())
                normal = Queue(connection=Redis())

                @app.post("/")
                def post():
                    normal.enqueue(print)
                    return ""
            """
        },
        {"web": "wsgi app:app", "worker": "rq worker high default"},
    ),
    "taskiq": (
        {
            "shop/__init__.py": "",
            "shop/tkq.py": """
                from taskiq import TaskiqScheduler
                from taskiq_redis import ListQueueBroker
                broker = ListQueueBroker("redis://localhost")
                scheduler = TaskiqScheduler(broker, [])
            """,
        },
        {
            "worker": "taskiq worker shop.tkq:broker",
            "scheduler": "taskiq scheduler shop.tkq:scheduler",
        },
    ),
    "a scheduler that blocks": (
        {
            "clock.py": """
                from apscheduler.schedulers.blocking import BlockingScheduler
                scheduler = BlockingScheduler()
                scheduler.start()
            """
        },
        {"scheduler": "python -m clock"},
    ),
    "a Procfile": (
        {
            "Procfile": """
                # what runs
                web: gunicorn --workers 4 --bind 0.0.0.0:$PORT 'shop:create_app()'
                worker: celery -A shop.tasks worker --loglevel=info
                beat: celery -A shop.tasks beat
                release: python manage.py migrate
            """,
            "shop/__init__.py": """
                from flask import Flask
                def create_app():
                    return Flask(__name__)
            """,
            "shop/tasks.py": "from celery import Celery\napp = Celery()\n",
        },
        {
            "web": "wsgi shop:create_app()",
            "worker": "celery -A shop.tasks worker --loglevel=info",
            "beat": "celery -A shop.tasks beat",
            "release": "python manage.py migrate",
        },
    ),
    "a command-line application": (
        {
            "pyproject.toml": pyproject('[project.scripts]\nshop = "shop.cli:main"\n'),
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main():\n    print('hello')\n",
        },
        {"job": "shop"},
    ),
    "python -m package": (
        {"shop/__init__.py": "", "shop/__main__.py": "print('hello')\n"},
        {"job": "python -m shop"},
    ),
    "a bot": (
        {
            "bot.py": """
                from telegram.ext import Application
                if __name__ == "__main__":
                    Application.builder().build().run_polling()
            """
        },
        {"worker": "python bot.py"},
    ),
    "CherryPy's tree": (
        {
            "shop/site.py": """
                import cherrypy

                class Shop:
                    pass

                def build():
                    cherrypy.tree.mount(Shop(), "/")
                    return cherrypy.tree

                application = build()

                def run():
                    cherrypy.engine.start()
            """,
        },
        {"web": "wsgi shop.site:application"},
    ),
    "CherryPy's mounted application": (
        {"app.py": "import cherrypy\napp = cherrypy.tree.mount(object(), '/')\n"},
        {"web": "wsgi app:app"},
    ),
    "CherryPy's own server": (
        {
            "app.py": """
                import cherrypy

                if __name__ == "__main__":
                    cherrypy.config.update({"server.socket_host": "0.0.0.0"})
                    cherrypy.quickstart(object())
            """,
        },
        {"web": "python app.py"},
    ),
    "Morepath": (
        {"app.py": "import morepath\nclass App(morepath.App):\n    pass\napp = App()\n"},
        {"web": "wsgi app:app"},
    ),
    "a decorated function": (
        {
            "main.py": """
                import asgineer

                @asgineer.to_asgi
                async def main_handler(request): ...
            """,
        },
        {"web": "asgi main:main_handler"},
    ),
    "Streamlit with pages": (
        {
            "app.py": "import streamlit as st\nst.title('Shop')\n",
            "charts.py": "import streamlit as st\ndef chart(): ...\n",
            "pages/stock.py": "import streamlit as st\nst.title('Stock')\n",
        },
        {
            "web": "streamlit run app.py --server.address=0.0.0.0 --server.port=8501"
            " --server.headless=true"
        },
    ),
    "Gradio without a main part": (
        {
            "app.py": """
                import gradio as gr

                with gr.Blocks() as demo:
                    gr.Markdown("shop")

                demo.launch()
            """,
        },
        {"web": "python app.py"},
    ),
    "NiceGUI with its two names of the main part": (
        {
            "main.py": """
                from nicegui import ui

                if __name__ in {"__main__", "__mp_main__"}:
                    ui.run(port=8090)
            """,
        },
        {"web": "python main.py"},
    ),
    "a server in a module of another name": (
        {
            "shop/__init__.py": "",
            "shop/serving.py": """
                from tornado.web import Application

                def start(port=8888):
                    Application().listen(port)

                if __name__ == "__main__":
                    start()
            """,
            "shop/tool.py": "if __name__ == '__main__':\n    print()\n",
        },
        {"web": "python -m shop.serving"},
    ),
    "a bare script": ({"report.py": "print('hello')\n"}, {"job": "python report.py"}),
    "task-api without its table": (
        {
            "pyproject.toml": pyproject(
                '[tool.hatch.build.targets.wheel]\npackages = ["src/taskapi"]\n', name="taskapi"
            ),
            "alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
            "migrations/env.py": "",
            "src/taskapi/__init__.py": "",
            "src/taskapi/main.py": """
                from taskapi.api import create_app
                from taskapi.settings import WebSettings

                app = create_app(WebSettings())
            """,
            "src/taskapi/api.py": """
                from fastapi import FastAPI
                from taskapi.settings import WebSettings

                def create_app(settings: WebSettings) -> FastAPI:
                    app = FastAPI()
                    return app
            """,
            "src/taskapi/settings.py": "class WebSettings:\n    pass\n",
            "src/taskapi/worker.py": """
                def main():
                    while True:
                        pass

                if __name__ == "__main__":
                    main()
            """,
        },
        {
            "web": "asgi taskapi.main:app",
            "worker": "python -m taskapi.worker",
            "migrate": "alembic upgrade head",
        },
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_is_recognised(detected: Detect, shape: str) -> None:
    files, expected = SHAPES[shape]

    found = detected(files)

    assert [problem.message for problem in found.problems] == []
    assert shown(found) == expected


def test_nothing_in_the_order_of_files_matters(detected: Detect) -> None:
    for files, _ in SHAPES.values():
        assert detected(files) == detected(dict(reversed(files.items())))


def test_the_reason_is_the_line_that_decides(detected: Detect) -> None:
    files, _ = SHAPES["task-api without its table"]

    found = detected(files)

    assert found.processes[1].reason == "src/taskapi/main.py:4: app = create_app(…)"
    assert found.processes[1].framework == "FastAPI"
    assert found.include == ("alembic.ini", "migrations/")


def test_the_settings_of_the_server_go_to_every_process(detected: Detect) -> None:
    files, _ = SHAPES["cookiecutter-django"]

    found = detected(files)

    settings = {"DJANGO_SETTINGS_MODULE": "config.settings.production"}
    assert [dict(one.process.env) for one in found.processes] == [settings] * 4


def test_a_project_below_a_folder_gets_the_path(detected: Detect) -> None:
    files, _ = SHAPES["paperless: Django below src, ASGI for channels"]

    found = detected(files)

    assert process(found, "web").env["PYTHONPATH"] == "/app/src"


def test_the_losers_are_listed(detected: Detect) -> None:
    found = detected(SHAPES["Falcon, both"][0])

    assert found.processes[0].alternatives == (
        "look.other:app  (look/other.py:3: app = falcon.asgi.App())",
    )


def test_only_asgi_servers_in_the_lock_make_django_asgi(detected: Detect) -> None:
    with_uvicorn = detected(django(), locked={"django", "uvicorn"})
    with_both = detected(django(), locked={"django", "gunicorn", "uvicorn"})

    assert shown(with_uvicorn)["web"] == "asgi shop.asgi:application"
    assert shown(with_both)["web"] == "wsgi shop.wsgi:application"


def test_a_scheduler_is_a_singleton(detected: Detect) -> None:
    found = detected(SHAPES["a scheduler that blocks"][0])

    assert process(found, "scheduler").singleton is True
    assert process(found, "scheduler").kind == "scheduler"


@pytest.mark.parametrize(
    ("call", "port"),
    [
        ('uvicorn.run("shop.main:app", port=9000)', 9000),
        ("uvicorn.run(app, host='0.0.0.0', port=int(os.environ.get('PORT', '8080')))", 8080),
        ('uvicorn.run("shop.main:app", port=settings.port)', 8000),
        ("uvicorn.run(app)", 8000),
    ],
)
def test_the_port_of_the_main_part_is_the_port(detected: Detect, call: str, port: int) -> None:
    text = f"""
        import os
        import uvicorn
        from fastapi import FastAPI
        app = FastAPI()
        if __name__ == "__main__":
            {call}
    """
    found = detected({"shop/__init__.py": "", "shop/main.py": text})

    assert process(found, "web").port == port
    assert isinstance(process(found, "web").serve, Asgi)


def test_a_port_that_flask_prefers_for_development_is_not_taken(detected: Detect) -> None:
    text = "from flask import Flask\napp = Flask('a')\nif __name__ == '__main__':\n    app.run()\n"

    found = detected({"app.py": text})

    assert process(found, "web").port == 8000
    assert isinstance(process(found, "web").serve, Wsgi)
