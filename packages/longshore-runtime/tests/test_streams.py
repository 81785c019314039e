"""Streams and WebSockets are told to end when the delay is over, and others are finished."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
import websockets

from longshore_runtime.testing import Served

Serve = Callable[..., Served]


def open_stream(service: Served, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", service.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert client.recv(10)
    return client


def test_event_stream_ends_after_a_whole_event(serve: Serve) -> None:
    service = serve("streams:app")
    with open_stream(service, "/events") as client:
        service.send_signal()
        body = client.makefile("rb").read()
    assert body.endswith(b"one\n\n\r\n0\r\n\r\n")
    stopped = service.wait()
    assert stopped.code == 0
    line = stopped.event("stop")
    assert (line["streams_told"], line["cut_off"]) == (1, 0)
    assert line["total_ms"] < 5000


def test_download_is_finished_and_not_told(serve: Serve) -> None:
    service = serve("streams:app")
    with open_stream(service, "/download") as client:
        service.send_signal()
        body = client.makefile("rb").read()
    assert body.count(b"x") == 10_000
    stopped = service.wait()
    assert (stopped.code, stopped.event("stop")["streams_told"]) == (0, 0)


@pytest.mark.parametrize("path", ["/socket", "/pushing"])
def test_websocket_is_closed_with_1012(serve: Serve, path: str) -> None:
    service = serve("streams:app")

    async def visit() -> int:
        async with websockets.connect(f"ws://127.0.0.1:{service.port}{path}") as client:
            await client.recv()
            service.send_signal()
            while True:
                try:
                    await client.recv()
                except websockets.ConnectionClosed as closed:
                    return closed.rcvd.code if closed.rcvd else 1006

    assert asyncio.run(visit()) == 1012
    stopped = service.wait()
    assert (stopped.code, stopped.event("stop")["streams_told"]) == (0, 1)
