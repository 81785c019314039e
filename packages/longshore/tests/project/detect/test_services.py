"""Programs that listen by themselves."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.types import CommandLine

Detect = Callable[..., Detection]
PYPROJECT = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"
    [project]
    name = "shop"
    [project.scripts]
    shop = "shop.cli:main"
"""


def web(found: Detection) -> tuple[tuple[str, ...], int | None]:
    one = found.find("web")
    assert one is not None
    assert isinstance(one.process.serve, CommandLine)
    return one.process.serve.argv, one.process.port


PROGRAMS = {
    "argparse": (
        """
        import argparse
        from aiohttp import web

        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--bind", default="127.0.0.1")
            parser.add_argument("--port", type=int, default=9100)
            args = parser.parse_args()
            serve(args)

        def serve(args):
            web.run_app(web.Application(), host=args.bind, port=args.port)
        """,
        (("shop", "--bind=0.0.0.0", "--port=9100"), 9100),
    ),
    "typer": (
        """
        import typer
        import uvicorn

        main = typer.Typer()

        @main.command()
        def start_server(host: str = "127.0.0.1", port: int = typer.Option(9200)):
            uvicorn.run(build(), host=host, port=port)

        @main.command()
        def other(): ...
        """,
        (("shop", "start-server", "--host=0.0.0.0", "--port=9200"), 9200),
    ),
    "click, one command": (
        """
        import click
        from waitress import serve

        @click.command()
        @click.option("--port", default=9300)
        def main(port):
            serve(object(), listen="*:9300")
        """,
        (("shop", "--port=9300"), 9300),
    ),
    "a port without a default": (
        """
        import argparse
        from http.server import ThreadingHTTPServer

        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--port", type=int, required=True)
            ThreadingHTTPServer(("", parser.parse_args().port), None).serve_forever()
        """,
        (("shop", "--port=8000"), 8000),
    ),
    "a literal": (
        """
        from wsgiref.simple_server import make_server

        def main():
            make_server("", 9400, lambda environ, start_response: []).serve_forever()
        """,
        (("shop",), 9400),
    ),
    "an option for both, below gunicorn": (
        """
        import argparse
        import gunicorn.app.base

        class Own(gunicorn.app.base.BaseApplication):
            pass

        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--web.listen-address", default="[::]:9221")
            Own(parser.parse_args()).run()
        """,
        (("shop", "--web.listen-address=0.0.0.0:9221"), 9221),
    ),
    "a port by itself": (
        """
        import argparse
        import http.server

        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("port", type=int, default=9222, nargs="?")
            parser.add_argument("--bind", "-b")
            args = parser.parse_args()
            http.server.test(port=args.port, bind=args.bind)
        """,
        (("shop", "--bind=0.0.0.0", "9222"), 9222),
    ),
    "metrics": (
        """
        from prometheus_client import start_http_server

        def main():
            start_http_server(9101)
        """,
        (("shop",), 9101),
    ),
    "one of several servers": (
        """
        import waitress

        def serve(app):
            waitress.serve(app, port=9102)

        SERVERS = {"waitress": serve}

        def main():
            SERVERS["waitress"](object())
        """,
        (("shop",), 9102),
    ),
    "an alias": (
        """
        from uvicorn import run as start
        from shop.build import build

        def main():
            start(build(), host="0.0.0.0", port=9500)
        """,
        (("shop",), 9500),
    ),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_console_script_that_listens_is_the_web_process(detected: Detect, case: str) -> None:
    text, expected = PROGRAMS[case]

    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": text,
        }
    )

    assert web(found) == expected


@pytest.mark.parametrize(
    "start",
    [
        "import streamlit.web.cli as cli\ndef main():\n    cli.main()\n",
        "import subprocess\ndef main():\n    subprocess.run(['streamlit', 'run', 'app.py'])\n",
        "def main():\n    launch()\ndef launch():\n    command = ['-m', 'streamlit', 'run']\n",
    ],
)
def test_a_console_script_that_starts_streamlit_gets_its_settings(
    detected: Detect, start: str
) -> None:
    files = {"pyproject.toml": PYPROJECT, "src/shop/__init__.py": "", "src/shop/cli.py": start}
    page = {"src/shop/app.py": "import streamlit as st\nst.title('Shop')\n"}

    found = detected(files | page)

    assert web(found) == (("shop",), 8501)
    one = found.find("web")
    assert one is not None
    assert one.process.env == {
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": "8501",
    }
    assert detected(files | page, locked={"click"}).find("web") is None


def test_a_console_script_that_names_streamlit_only_is_a_command(detected: Detect) -> None:
    files = {"pyproject.toml": PYPROJECT, "src/shop/__init__.py": ""}
    text = "def main():\n    print(['streamlit', 'flask'])\n"

    found = detected({**files, "src/shop/cli.py": text})

    assert [one.process.name for one in found.processes] == ["job"]


def test_gradio_is_told_where_to_listen(detected: Detect) -> None:
    text = "import gradio\ngradio.Interface(print, 'text', 'text').launch(server_port=7000)\n"

    found = detected({"app.py": text}).find("web")

    assert found is not None
    assert found.process.port == 7000
    assert found.process.env == {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7000"}


def test_a_part_that_can_be_tried_alone_is_no_service_beside_a_console_script(
    detected: Detect,
) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main(): ...\n",
            "src/shop/demo.py": """
                from http.server import HTTPServer

                if __name__ == "__main__":
                    HTTPServer(("", 9000), None).serve_forever()
            """,
        }
    )

    assert [one.process.name for one in found.processes] == ["job"]


def test_an_application_that_can_be_imported_is_better_than_its_script(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "src/shop/cli.py": """
                import uvicorn
                def main():
                    uvicorn.run("shop.app:app", port=9000)
            """,
        }
    ).find("web")

    assert found is not None
    assert str(getattr(found.process.serve, "app", "")) == "shop.app:app"
    assert found.process.port == 9000
    assert found.alternatives[0].startswith("shop  (pyproject.toml: project.scripts.shop:")


def test_a_program_with_a_development_server_is_warned_of(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": """
                from flask import Flask
                def main():
                    app = Flask("a")
                    app.run(host="0.0.0.0")
            """,
        }
    )

    assert web(found) == (("shop",), 5000)
    assert [note.rule for note in found.notes] == ["detect.development-server"]


def test_sockets_of_other_kinds_are_no_web_process(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main():\n    Runner().run()\nclass Runner:\n    pass\n",
        }
    )

    assert [one.process.name for one in found.processes] == ["job"]


def test_a_click_command_behind_a_function_is_no_sub_command(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": """
                import click
                from aiohttp import web

                def main():
                    patch()
                    run()

                @click.command()
                def run():
                    web.run_app(web.Application(), port=9000)

                def patch(): ...
            """,
        }
    )

    assert web(found) == (("shop",), 9000)


def test_an_application_that_its_own_module_serves_is_better_than_the_script(
    detected: Detect,
) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT.replace("shop.cli:main", "shop.pages:main"),
            "src/shop/__init__.py": "",
            "src/shop/pages.py": """
                from flask import Flask
                app = Flask("a")
                def main():
                    app.run()
            """,
        }
    ).find("web")

    assert found is not None
    assert str(getattr(found.process.serve, "app", "")) == "shop.pages:app"


def test_a_part_that_can_be_tried_alone_is_no_service(detected: Detect) -> None:
    found = detected(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/cli.py": "def main(): ...\n",
            "src/shop/echo.py": """
                from http.server import HTTPServer
                if __name__ == "__main__":
                    HTTPServer(("", 1), None).serve_forever()
            """,
        }
    )

    assert [one.process.name for one in found.processes] == ["job"]
