"""``wrap(app)``: under servers that are not ours, twice, and with attributes looked through."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from longshore_runtime import wrap
from longshore_runtime.errors import ImportFailedError
from longshore_runtime.testing import Served
from longshore_runtime.wrapper import Wrapped

Serve = Callable[..., Served]

APPS = Path(__file__).parent / "apps"


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def bare_uvicorn(free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run uvicorn itself, without the runtime's command."""
    monkeypatch.setenv("LONGSHORE_DRAIN_DELAY", "0.5")
    words = [sys.executable, "-m", "uvicorn", "--port", str(free_port), "plain:wrapped"]
    with subprocess.Popen(words, cwd=APPS, stderr=subprocess.DEVNULL) as process:
        yield free_port, process
        process.kill()


def get(port: int, path: str) -> Any:
    return Served("unused").get(path, port=port)


def wait_up(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return


def test_wrapped_application_drains_under_plain_uvicorn(bare_uvicorn: Any) -> None:
    port, process = bare_uvicorn
    wait_up(port)
    assert get(port, "/readyz").status == 200
    process.terminate()
    while get(port, "/readyz").status != 503:
        pass
    reply = get(port, "/new")
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    process.wait(20)


def test_wrapping_twice_is_wrapping_once() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    once = wrap(app)
    assert wrap(once) is once


def test_application_that_wraps_itself_is_served_once(serve: Serve) -> None:
    service = serve("plain:wrapped", env={"LONGSHORE_DRAIN_DELAY": "30"})
    assert service.get("/readyz").status == 200
    service.send_signal()
    service.wait_readiness(503)
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n")
        reply = client.makefile("rb").read()
    assert reply.lower().count(b"connection: close") == 1


def test_wsgi_application_that_wraps_itself_is_served(serve: Serve) -> None:
    service = serve("wsgis:wrapped")
    assert service.get("/readyz").status == 200
    assert service.get("/x").body == b"GET /x"


def test_attributes_are_those_of_the_application() -> None:
    app = Starlette()
    wrapped = wrap(app)
    wrapped.state.answer = 42
    assert app.state.answer == 42
    assert isinstance(wrapped, Wrapped)


def test_what_is_no_application_is_refused() -> None:
    with pytest.raises(ImportFailedError):
        wrap(5)


def command(server: str, port: int) -> list[str]:
    bind = f"127.0.0.1:{port}"
    python = sys.executable
    return {
        "gunicorn": [python, "-m", "gunicorn", "-b", bind, "--no-control-socket", "wsgis:wrapped"],
        "granian": [
            *(python, "-m", "granian", "--interface", "asgi", "--port", str(port)),
            "longshore_runtime.target:app",
        ],
        "hypercorn": [python, "-m", "hypercorn", "-b", bind, "plain:wrapped"],
        "waitress": [python, "-m", "waitress", f"--listen={bind}", "wsgis:wrapped"],
    }[server]


@pytest.mark.parametrize("server", ["gunicorn", "granian", "hypercorn", "waitress"])
def test_other_servers_drain_under_the_supervisor(
    serve: Serve, server: str, free_port: int
) -> None:
    service = serve(
        command(server, free_port),
        env={"LONGSHORE_DRAIN_DELAY": "0.5", "LONGSHORE_APP": "plain:app"},
    )
    service.wait_event("boot")
    wait_up(free_port)
    assert service.get("/readyz", port=free_port).status == 200
    service.send_signal()
    service.wait_readiness(503, port=free_port)
    reply = service.get("/after", port=free_port)
    assert (reply.status, b"after" in reply.body) == (200, True)
    stopped = service.wait()
    assert stopped.code == 0, stopped.stderr
