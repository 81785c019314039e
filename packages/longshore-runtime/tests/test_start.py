"""While an application starts: probes are answered, requests wait, a signal ends it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from longshore_runtime.testing import Served

if TYPE_CHECKING:
    from pathlib import Path

Serve = Callable[..., Served]


@pytest.fixture
def starting(serve: Serve, tmp_path: Path) -> Any:
    """A service whose start-up waits for a file; with its port and that file."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    go = tmp_path / "go"
    service = serve(
        "slow_start:create",
        flags=("--port", str(port)),
        env={"GO_FILE": str(go), "LONGSHORE_DRAIN_DELAY": "30"},
    )
    while True:
        try:
            assert service.get("/readyz", port=port).status == 503
        except ConnectionRefusedError:
            continue
        return service, port, go


def test_probes_are_answered_while_the_application_starts(starting: Any) -> None:
    service, port, _ = starting
    assert service.get("/livez", port=port).status == 200
    assert service.get("/startupz", port=port).status == 503
    assert service.get("/readyz", port=port).json()["output"] == "starting"


def test_request_waits_for_the_start_and_sees_its_state(starting: Any) -> None:
    service, port, go = starting
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        service.get("/livez", port=port)
        go.touch()
        reply = client.makefile("rb").read()
    assert reply.endswith(b"hello from the lifespan")
    assert service.get("/").body == b"hello from the lifespan"


def test_signal_while_starting_ends_at_once_with_0(starting: Any) -> None:
    service, _, _ = starting
    stopped = service.stop(timeout=10)
    assert stopped.code == 0
    assert stopped.event("stop")["reason"] == "SIGTERM"


def test_request_that_waited_for_a_start_that_was_stopped_is_503(starting: Any) -> None:
    service, port, _ = starting
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        service.get("/livez", port=port)
        service.send_signal()
        reply = client.makefile("rb").read()
    assert reply.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in reply
    assert service.wait().code == 0
