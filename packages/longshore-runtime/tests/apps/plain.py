"""Applications without a framework, for the tests that look at the protocol itself."""

# ruff: noqa: ARG001 -- the arguments are those of the protocol

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import Any

from longshore_runtime import wrap


async def respond(send: Any, body: bytes = b"ok", status: int = 200) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    path, _, argument = scope["path"].lstrip("/").partition("/")
    if path == "sleep":
        await asyncio.sleep(float(argument))
    elif path == "forever":
        await asyncio.Event().wait()
    await respond(send, path.encode())


async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http", "this application knows http only"
    await respond(send)


async def failing(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        msg = "the database said no"
        raise RuntimeError(msg)


async def hanging_start(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await asyncio.Event().wait()


async def hanging_stop(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.Event().wait()
    await respond(send)


not_callable = 5


async def show_client(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http", "http only"
    await respond(send, scope["client"][0].encode())


async def who(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the process id; ``/block/SECONDS`` blocks the event loop."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    path, _, argument = scope["path"].lstrip("/").partition("/")
    if path == "block":
        # In short pieces: a signal that comes just before a long sleep is handled only after it.
        end = time.monotonic() + float(argument)
        while time.monotonic() < end:
            time.sleep(0.05)  # noqa: ASYNC251 -- blocking the loop is the point
    elif path == "sleep":
        await asyncio.sleep(float(argument))
    elif path == "forever":
        await asyncio.Event().wait()
    await respond(send, str(os.getpid()).encode())


wrapped = wrap(app)
"""The same as ``app``, for servers other than ours."""


async def faulty(scope: Any, receive: Any, send: Any) -> None:
    """Do what the path says that goes wrong."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    fault = scope["path"]
    if fault == "/raise":
        msg = "the handler raises"
        raise RuntimeError(msg)
    if fault == "/raise-late":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        msg = "the handler raises late"
        raise RuntimeError(msg)
    if fault == "/disconnect":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    if fault == "/print":
        sys.stdout.write("kept in the buffer")
    if fault.startswith("/jump/"):
        seconds = float(fault.removeprefix("/jump/"))
        real = time.time
        time.time = lambda: real() + seconds
    await respond(send, b"" if fault == "/missing" else b"ok", 404 if fault == "/missing" else 200)


def blocking_start(scope: Any, receive: Any, send: Any) -> Any:
    """Block the main thread in the lifespan, without an await."""
    if scope["type"] == "lifespan":
        threading.Event().wait()
    return app(scope, receive, send)
