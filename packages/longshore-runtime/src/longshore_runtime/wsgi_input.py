"""``wsgi.input``: a file that fetches the request body from the event loop while it is read."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from _typeshed import WriteableBuffer

    from longshore_runtime.asgi import Message, Receive, Scope


class BodyReader(io.RawIOBase):
    """The raw body; ``io.BufferedReader`` on top of it adds ``readline`` and friends.

    Args:
        loop: where ``receive`` must run.
        receive: ASGI's.
        scope: tells whether there is a body at all (RFC 9112, 6).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, scope: Scope) -> None:
        super().__init__()
        self._loop = loop
        self._receive = receive
        self._rest = b""
        self._is_complete = not has_body(scope)
        self._is_gone = False

    def readable(self) -> bool:
        """Return True: the body can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what has arrived, waiting for at least one byte; 0 is the end.

        Raises:
            OSError: the client is gone before the body was complete.
        """
        view = memoryview(buffer).cast("B")
        while not self._rest and not self._is_complete:
            self._fetch()
        piece = self._rest[: len(view)]
        self._rest = self._rest[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)

    async def wait_gone(self) -> None:
        """Wait for the client to leave; only when the whole body was read."""
        if not self._is_complete:
            await asyncio.Event().wait()
        while not self._is_gone:
            message = await self._receive()
            self._is_gone = message["type"] == "http.disconnect"

    def _fetch(self) -> None:
        async def receive() -> Message:
            return await self._receive()

        fetching: Coroutine[None, None, Message] = receive()
        message = asyncio.run_coroutine_threadsafe(fetching, self._loop).result()
        if message["type"] == "http.disconnect":
            self._is_complete = self._is_gone = True
            msg = "the client closed the connection before the body was complete"
            raise ConnectionResetError(msg)
        self._rest = message.get("body", b"")
        self._is_complete = not message.get("more_body", False)


def has_body(scope: Scope) -> bool:
    """Whether the request's headers announce a body."""
    for name, value in scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False
