"""``wrap(app)``: under servers that are not ours, twice, and with attributes looked through."""

from __future__ import annotations

import os
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
from longshore_runtime.lifecycle import Lifecycle
from longshore_runtime.testing import Served
from longshore_runtime.wrapper import Wrapped
from longshore_runtime.wsgi_wrapper import WrappedWSGI

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


def test_wrapped_wsgi_counts_once_under_longshore_serve(serve: Serve) -> None:
    service = serve("wsgis:wrapped")
    for _ in range(3):
        assert service.get("/x").status == 200
    assert service.stop().event("stop")["requests"] == 3


def call_wsgi(app: Any, path: str = "/x", file_wrapper: Any = None) -> tuple[list[str], Any]:
    """Call a WSGI application as a server would, without closing what it returns."""
    statuses: list[str] = []
    pieces = app(
        {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.file_wrapper": file_wrapper},
        lambda status, _: statuses.append(status),
    )
    return statuses, pieces


def wrapped_wsgi(pieces: Any) -> WrappedWSGI:
    def app(environ: Any, start_response: Any) -> Any:  # noqa: ARG001 -- the protocol
        start_response("200 OK", [])
        return pieces

    return WrappedWSGI(app, Lifecycle())


def test_wsgi_request_is_in_flight_until_its_response_is_closed() -> None:
    app = wrapped_wsgi([b"a", b"b"])
    _, pieces = call_wsgi(app)
    assert (list(pieces), len(pieces), app.lifecycle.in_flight) == ([b"a", b"b"], 2, 1)
    pieces.close()
    pieces.close()
    assert (app.lifecycle.in_flight, app.lifecycle.served) == (0, 1)


def test_wsgi_response_without_a_length_has_none() -> None:
    app = wrapped_wsgi(iter([b"a"]))
    _, pieces = call_wsgi(app)
    assert not hasattr(pieces, "__len__")
    assert list(pieces) == [b"a"]


def test_wsgi_file_is_returned_as_the_server_knows_it() -> None:
    class FileWrapper(list[bytes]): ...

    file = FileWrapper([b"a"])
    app = wrapped_wsgi(file)
    _, pieces = call_wsgi(app, file_wrapper=FileWrapper)
    assert pieces is file
    assert app.lifecycle.in_flight == 0


def test_wsgi_handler_that_raises_is_not_left_in_flight() -> None:
    def app(environ: Any, start_response: Any) -> Any:  # noqa: ARG001 -- the protocol
        msg = "no"
        raise ValueError(msg)

    wrapped = WrappedWSGI(app, Lifecycle())
    with pytest.raises(ValueError, match="no"):
        call_wsgi(wrapped)
    assert wrapped.lifecycle.in_flight == 0


def test_attributes_are_those_of_the_application() -> None:
    app = Starlette()
    wrapped = wrap(app)
    wrapped.state.answer = 42
    assert app.state.answer == 42
    assert isinstance(wrapped, Wrapped)


def test_what_is_no_application_is_refused() -> None:
    with pytest.raises(ImportFailedError):
        wrap(5)


def test_script_that_only_imports_the_application_ends_at_once() -> None:
    program = "import wsgis; print('up', flush=True); import time; time.sleep(60)"
    environment = {**os.environ, "LONGSHORE_DRAIN_DELAY": "30"}
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, cwd=APPS, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 143


def test_server_without_a_handler_finishes_what_runs(serve: Serve, free_port: int) -> None:
    words = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{free_port}", "wsgis:slow"]
    service = serve(words, env={"LONGSHORE_DRAIN_DELAY": "0"})
    wait_up(free_port)
    with socket.create_connection(("127.0.0.1", free_port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        while service.get("/readyz?verbose", port=free_port).json()["in_flight"] == 0:
            pass
        service.send_signal()
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    assert service.wait().code == 0


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
