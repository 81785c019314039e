"""The wrapper keeps the ASGI contract: it adds to it and takes nothing away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.exchange import StreamEndedError
from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.wrapper import MARK, Wrapped

tokens = st.binary(min_size=1, max_size=20)
headers = st.lists(st.tuples(tokens.map(bytes.lower), tokens), max_size=6)
bodies = st.lists(st.binary(max_size=50), min_size=1, max_size=5)


def http_scope(**more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/tasks",
        "query_string": b"",
        "headers": [],
        **more,
    }


def drive(app: Any, scope: dict[str, Any], received: list[Any] | None = None) -> list[Any]:
    """Call an application with messages to receive; returns what it sent."""
    sent: list[Any] = []
    inbox = list(received or [])

    async def receive() -> Any:
        return inbox.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def ready() -> Lifecycle:
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    return lifecycle


def answering(status: int, head: list[Any], pieces: list[bytes]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        await send({"type": "http.response.start", "status": status, "headers": head})
        for index, piece in enumerate(pieces):
            more = index < len(pieces) - 1
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    return app


@given(st.integers(100, 599), headers, bodies)
def test_messages_pass_unchanged_while_ready(
    status: int, head: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> None:
    app = answering(status, head, pieces)
    assert drive(Wrapped(app, ready()), http_scope()) == drive(app, http_scope())


@given(st.integers(100, 599), headers, bodies)
def test_draining_adds_one_close_and_nothing_else(
    status: int, head: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> None:
    lifecycle = ready()
    lifecycle.enter(Phase.DRAINING)
    app = answering(status, head, pieces)
    sent = drive(Wrapped(app, lifecycle), http_scope())
    others = [pair for pair in head if pair[0] != b"connection"]
    assert sent[0]["headers"] == [*others, (b"connection", b"close")]
    assert sent[1:] == drive(app, http_scope())[1:]


@pytest.mark.parametrize("version", ["2", "3"])
def test_draining_adds_no_connection_header_to_http_2_and_3(version: str) -> None:
    lifecycle = ready()
    lifecycle.enter(Phase.DRAINING)
    for path in ("/tasks", "/readyz"):
        scope = http_scope(http_version=version, path=path)
        sent = drive(Wrapped(answering(200, [], [b""]), lifecycle), scope)
        assert b"connection" not in dict(sent[0]["headers"])


@given(st.lists(st.booleans(), max_size=30))
def test_in_flight_returns_to_zero_whatever_happens(failures: list[bool]) -> None:
    lifecycle = ready()
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        seen.append(lifecycle.in_flight)
        if scope["fail"]:
            raise ValueError

    for fails in failures:
        try:
            drive(Wrapped(app, lifecycle), http_scope(fail=fails))
        except ValueError:
            assert fails
    assert lifecycle.in_flight == 0
    assert lifecycle.served == len(failures)
    assert seen == [1] * len(failures)


@given(st.sampled_from(["http", "websocket", "lifespan"]))
def test_inner_wrapper_steps_aside(kind: str) -> None:
    outer, inner = ready(), Lifecycle()
    calls = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        calls.append(scope[MARK])

    scope = http_scope(type=kind, path="/readyz" if kind == "lifespan" else "/x")
    drive(Wrapped(Wrapped(app, inner), outer), scope)
    assert calls == [outer]
    assert inner.served == 0


def test_scope_of_an_unknown_type_is_passed_on() -> None:
    calls = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        calls.append(scope)

    drive(Wrapped(app, ready()), {"type": "mqtt"})
    assert calls == [{"type": "mqtt"}]


def test_receive_is_the_servers_own() -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": False}]
    got = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del scope, send
        got.append(await receive())

    drive(Wrapped(app, ready()), http_scope(), list(messages))
    assert got == messages


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/startupz", "/healthz", "/health"])
def test_health_never_reaches_the_application(path: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        raise AssertionError

    sent = drive(Wrapped(app, ready()), http_scope(path=path))
    assert sent[0]["status"] == 200


@given(st.lists(st.sampled_from([b"data: a\n\n", b"data: half", b" rest\n\n", b""]), max_size=8))
def test_told_stream_ends_on_a_boundary_and_sends_nothing_after(pieces: list[bytes]) -> None:
    lifecycle = ready()

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        head = [(b"Content-Type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for index, piece in enumerate(pieces):
            if index == len(pieces) // 2:
                lifecycle.tell_streams()
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    sent: list[Any] = []

    async def run() -> None:
        async def receive() -> Any: ...

        async def send(message: Any) -> None:
            sent.append(message)

        try:
            await Wrapped(app, lifecycle)(http_scope(), receive, send)
        except StreamEndedError:
            assert sent[-1]["more_body"] is False

    asyncio.run(run())
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if sent[-1].get("more_body") is False:
        assert body == b"" or body.endswith(b"\n\n")
    assert sum(message.get("more_body") is False for message in sent[1:]) <= 1
    assert not lifecycle.streams


def test_websocket_that_was_told_is_closed_once_and_sends_fail() -> None:
    lifecycle = ready()
    errors = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        await send({"type": "websocket.accept"})
        assert lifecycle.tell_streams() == 1
        await asyncio.sleep(0)
        try:
            await send({"type": "websocket.send", "text": "late"})
        except OSError as error:
            errors.append(error)
        await send({"type": "websocket.close", "code": 1000})

    sent = drive(Wrapped(app, lifecycle), {"type": "websocket", "path": "/", "headers": []})
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == 1012
    assert len(errors) == 1
