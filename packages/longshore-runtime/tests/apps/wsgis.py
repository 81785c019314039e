"""WSGI applications for the tests of the bridge."""

# ruff: noqa: ARG001 -- the arguments are those of the protocol

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

from longshore_runtime import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

closed = threading.Event()


def plain(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}".encode()]


def echo(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    while piece := environ["wsgi.input"].read(65536):
        yield piece


def lines(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"|".join(environ["wsgi.input"])]


def headers(environ: Any, start_response: Any) -> list[bytes]:
    sent = [("Connection", "close"), ("X-A", "1"), ("Transfer-Encoding", "x")]
    sent.append(("Set-Cookie", " a=b; Path=/ "))  # as Django has it
    start_response("200 OK", sent)
    names = sorted(name for name in environ if name.startswith("HTTP_X"))
    return [";".join(f"{name}={environ[name]}" for name in names).encode()]


def failing(environ: Any, start_response: Any) -> list[bytes]:
    msg = "no"
    raise RuntimeError(msg)


def silent(environ: Any, start_response: Any) -> list[bytes]:
    return [b"no start_response"]


def late_failure(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", "10")])
    yield b"12345"
    msg = "no"
    raise RuntimeError(msg)


def legacy_write(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])(b"written ")
    return [b"returned"]


class Endless:
    """A response that never ends by itself; PEP 3333 wants ``close`` called."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    def close(self) -> None:
        closed.set()


def endless(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/closed":
        start_response("200 OK", [])
        return [b"yes" if closed.wait(10) else b"no"]
    start_response("200 OK", [])
    return Endless()


barrier = threading.Barrier(2)


def together(environ: Any, start_response: Any) -> list[bytes]:
    """Answer only when two threads are in here at the same time."""
    barrier.wait(10)
    return plain(environ, start_response)


def ignore_body(environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


strict = validator(plain)
wrapped = wrap(plain)


@wrap
def slow(environ: Any, start_response: Any) -> list[bytes]:
    time.sleep(1)
    return plain(environ, start_response)
