"""Serve a WSGI application from the event loop by a bounded pool of threads (PEP 3333).

The request body is fetched from the loop as the application reads it, and the response goes out as
it is produced: neither is ever held in memory as a whole.
"""

from __future__ import annotations

import asyncio
import collections
import queue
import sys
import threading
from typing import TYPE_CHECKING, Final

from longshore_runtime.wsgi_environ import build_environ
from longshore_runtime.wsgi_input import BodyReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from longshore_runtime.asgi import Headers, Message, Receive, Scope, Send, WSGIApp

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

HIGH_WATER: Final = 256 * 1024
"""Bytes of a response that may wait for the client before the application is made to wait."""

HOP_BY_HOP: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


class ClientGoneError(OSError):
    """The client has closed its connection: the application is asked to stop producing."""


class ThreadPool:
    """A fixed upper number of daemon threads, started when they are needed.

    Args:
        size: the most threads that run at a time.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle = 0
        self._started = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], None]) -> None:
        """Run something in a thread; it waits while all of them are busy."""
        with self._lock:
            if self._idle == 0 and self._started < self.size:
                self._started += 1
                threading.Thread(
                    target=self._run, name=f"longshore-wsgi-{self._started}", daemon=True
                ).start()
            else:
                self._idle -= 1
        self._work.put(work)

    def _run(self) -> None:
        while True:
            self._work.get()()
            with self._lock:
                self._idle += 1


class WSGIBridge:
    """An ASGI application that calls a WSGI application in a thread.

    Args:
        app: the WSGI application.
        threads: how many requests it works on at a time.
    """

    def __init__(self, app: WSGIApp, *, threads: int) -> None:
        self.app = app
        self.pool = ThreadPool(threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; WebSockets are refused, there is no lifespan."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1003})
            return
        if scope["type"] != "http":
            msg = f"a WSGI application has no {scope['type']!r}"
            raise ValueError(msg)
        await Exchange(self.app, self.pool, scope, receive, send).run()


class Exchange:
    """One request of a WSGI application: the thread produces messages, the loop sends them."""

    def __init__(
        self, app: WSGIApp, pool: ThreadPool, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.app = app
        self.pool = pool
        self.send = send
        self.loop = asyncio.get_running_loop()
        self.input = BodyReader(self.loop, receive, scope)
        self.environ = build_environ(scope, self.input, sys.stderr)
        self.messages: collections.deque[Message] = collections.deque()
        self.pending = 0
        self.room = threading.Event()
        self.room.set()
        self.news = asyncio.Event()
        self.is_gone = False
        self.is_finished = False
        self.error: BaseException | None = None
        self.start: Message | None = None
        self.has_started = False

    async def run(self) -> None:
        """Send what the thread produces until it is finished."""
        self.pool.submit(self._work)
        watch: asyncio.Task[None] | None = None
        try:
            while True:
                await self.news.wait()
                self.news.clear()
                await self._send_pending()
                if self.is_finished and not self.messages:
                    break
                if watch is None:
                    # Only a response in several pieces lives long enough to outlive its client.
                    watch = self.loop.create_task(self._watch_client())
        finally:
            self._leave()
            if watch is not None:
                watch.cancel()
        if self.error is not None:
            raise self.error

    async def _send_pending(self) -> None:
        while self.messages:
            message = self.messages.popleft()
            await self.send(message)
            self.pending -= len(message.get("body", b""))
            if self.pending < HIGH_WATER:
                self.room.set()

    async def _watch_client(self) -> None:
        await self.input.wait_gone()
        self._leave()

    def _leave(self) -> None:
        self.is_gone = True
        self.input.close()
        self.room.set()

    # From here on: the thread's side.

    def _work(self) -> None:
        try:
            if not self.is_gone:
                self._call()
        except ClientGoneError:
            return
        except BaseException as error:  # noqa: BLE001 -- raised again in the event loop
            self.error = error
        finally:
            self.is_finished = True
            self._wake()

    def _call(self) -> None:
        result = self.app(self.environ, self._start_response)
        try:
            for piece in result:
                if piece:
                    self._write(piece)
            self._commit(b"", more=False)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExcInfo | None = None,
    ) -> Callable[[bytes], None]:
        if exc_info is not None:
            if self.has_started:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.start is not None:
            msg = "start_response was called twice without exc_info"
            raise RuntimeError(msg)
        self.start = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": encode_headers(headers),
        }
        return self._write

    def _write(self, piece: bytes) -> None:
        self._commit(piece, more=True)
        if self.pending > HIGH_WATER:
            self.room.clear()
            self.room.wait()
        if self.is_gone:
            msg = "the client is gone"
            raise ClientGoneError(msg)

    def _commit(self, piece: bytes, *, more: bool) -> None:
        if self.start is None:
            msg = "the application returned without calling start_response"
            raise RuntimeError(msg)
        if not self.has_started:
            self.has_started = True
            self.messages.append(self.start)
        self.pending += len(piece)
        self.messages.append({"type": "http.response.body", "body": piece, "more_body": more})
        if more:
            self._wake()

    def _wake(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.news.set)


def encode_headers(headers: list[tuple[str, str]]) -> Headers:
    """Return WSGI's headers as ASGI's, without those that belong to the server (PEP 3333).

    White space around a value is no part of it (RFC 9110 §5.5): Django's cookies begin with a
    blank, and servers of ASGI refuse it.
    """
    encoded = [
        (name.lower().encode("latin-1"), value.strip(" \t").encode("latin-1"))
        for name, value in headers
    ]
    return [(name, value) for name, value in encoded if name not in HOP_BY_HOP]
