"""Projects that lock a server of their own get it, under the runtime."""

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from textwrap import dedent

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import Bench, free_port, give_up

SERVERS = '[name for name in ("gunicorn", "granian", "uvicorn") if name in sys.modules]'
FLASK = {
    "pyproject.toml": """
        [project]
        name = "e2e-flask"
        version = "1"
        requires-python = ">=3.11"
        dependencies = ["flask==3.1.3", "gunicorn==27.0.1"]
        """,
    "gunicorn.conf.py": """
        bind = "127.0.0.1:1"
        workers = 2
        threads = 3
        """,
    "shop.py": f"""
        import importlib.util, os, sys, time

        from flask import Flask, Response

        KEY = os.environ["SHOP_KEY"]
        app = Flask(__name__)

        @app.get("/")
        def home():
            installed = [name for name in ("uvicorn",) if importlib.util.find_spec(name)]
            return {{"servers": {SERVERS}, "installed": installed}}

        @app.get("/slow")
        def slow():
            def pieces():
                yield b"begun "
                time.sleep(2)
                yield b"done"

            return Response(pieces())
        """,
}
STARLETTE = {
    "pyproject.toml": """
        [project]
        name = "e2e-starlette"
        version = "1"
        requires-python = ">=3.11"
        dependencies = ["starlette==1.10.0", "granian==2.8.7"]
        """,
    "shop.py": f"""
        import asyncio, importlib.util, os, sys

        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, StreamingResponse
        from starlette.routing import Route

        KEY = os.environ["SHOP_KEY"]

        async def home(request):
            installed = [name for name in ("uvicorn",) if importlib.util.find_spec(name)]
            return JSONResponse({{"servers": {SERVERS}, "installed": installed}})

        async def slow(request):
            async def pieces():
                yield b"begun "
                await asyncio.sleep(2)
                yield b"done"

            return StreamingResponse(pieces())

        app = Starlette(routes=[Route("/", home), Route("/slow", slow)])
        """,
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("gunicorn", FLASK, "builtin"), id="flask-gunicorn-builtin"),
        pytest.param(("gunicorn", FLASK, "podman"), id="flask-gunicorn-podman"),
        pytest.param(("granian", STARLETTE, "builtin"), id="starlette-granian-builtin"),
    ],
)
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Bench]]:
    """A project with a server in its lock, and the folders of a user of its own."""
    server: str
    files: Mapping[str, str]
    server, files, engine = request.param
    if reason := unusable(engine):
        give_up(f"engine {engine}: {reason}")
    folder = tmp_path_factory.mktemp(server)
    for name, text in files.items():
        path = folder / "project" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    for name in ("CACHE", "DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    bench = Bench(
        project=folder / "project", environment=environment, engine=engine, port=free_port()
    )
    yield server, bench
    bench.down("--volumes")


def up(bench: Bench, *argv: str) -> tuple[int, str]:
    completed = bench.run(
        *("up", "--engine", bench.engine, "--port", str(bench.port), "--detach", *argv)
    )
    return completed.returncode, completed.stderr


def test_the_locks_server_serves_drains_and_reports(project: tuple[str, Bench]) -> None:
    server, bench = project

    code, said = up(bench)
    assert code != 0
    assert "SHOP_KEY" in said
    assert "78" in said

    code, said = up(bench, "-e", "SHOP_KEY=secret")
    assert code == 0, said
    assert f"web server: {server} " in said
    assert ", of the lock" in said
    assert bench.ask("GET", "/").json == {"servers": [server], "installed": []}
    assert bench.ask("GET", "/readyz").status == 200

    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=20)
    connection.request("GET", "/slow")
    answer = connection.getresponse()  # its head: the body is under way
    assert bench.down().returncode == 0
    assert answer.read() == b"begun done"
    connection.close()

    inspected = json.loads(bench.run("inspect", "--format", "json").stdout)
    assert inspected["server"].startswith(f"{server} ")
    assert "uvicorn" not in {package["name"] for package in inspected["packages"]}
