"""Applications that other servers serve, and some that cannot start."""

# ruff: noqa: ARG001 -- the arguments are those of the protocol

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from plain import app as asgi

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["asgi", "asgi_client", "make_asgi", "make_wsgi", "starting", "wsgi"]


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """Answer with the path; ``/sleep/SECONDS`` takes its time, ``/client`` says who asks."""
    path, _, argument = environ["PATH_INFO"].lstrip("/").partition("/")
    if path == "sleep":
        time.sleep(float(argument))
    if path == "client":
        path = f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']} {environ['HTTP_HOST']}"
    if path == "process":
        path = str(os.getppid())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(path)))])
    return [path.encode()]


async def asgi_client(scope: Any, receive: Any, send: Any) -> None:
    """Say who asks; without a lifespan."""
    assert scope["type"] == "http", "http only"
    body = f"{scope['client'][0]} {scope['scheme']} {dict(scope['headers'])[b'host'].decode()}"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})


def make_asgi() -> Any:
    return asgi


def make_wsgi() -> Callable[..., list[bytes]]:
    return wsgi


async def starting(scope: Any, receive: Any, send: Any) -> None:
    """Never finish the start-up."""
    await receive()
    sys.stdout.write('{"event": "asked"}\n')
    sys.stdout.flush()
    await asyncio.Event().wait()
