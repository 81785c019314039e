"""One request or WebSocket under way: what the drain adds to it.

While the service drains, every HTTP/1 response says ``Connection: close`` (RFC 9112, 9.6), so that
clients open their next connection elsewhere. Server-sent events and WebSockets would outlast any
budget, so they are told to end when the delay is over: a stream ends after a whole event, a
WebSocket is closed with 1012, "service restart" (RFC 6455, 7.4.1 and its IANA registry).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

    from longshore_runtime.asgi import Headers, Message, Scope, Send
    from longshore_runtime.lifecycle import Lifecycle

SERVICE_RESTART: Final = 1012
EVENT_ENDS: Final = (b"\n\n", b"\r\r", b"\r\n\r\n")
EVENT_STREAM: Final = b"text/event-stream"

_tasks: set[asyncio.Task[None]] = set()


class StreamEndedError(OSError):
    """The application sent on a stream that the drain has ended (ASGI: ``OSError`` on send)."""


class HTTPExchange:
    """The sending side of one HTTP request."""

    __slots__ = (
        "at_boundary",
        "is_ended",
        "is_stream",
        "is_told",
        "lifecycle",
        "scope",
        "send_raw",
    )

    def __init__(self, lifecycle: Lifecycle, scope: Scope, send: Send) -> None:
        self.lifecycle = lifecycle
        self.scope = scope
        self.send_raw = send
        self.is_stream = False
        self.is_told = False
        self.is_ended = False
        self.at_boundary = True

    async def send(self, message: Message) -> None:
        """Pass a message on to the server, with what the drain adds."""
        if message["type"] == "http.response.start":
            if self.lifecycle.is_draining and self.scope.get("http_version", "1.1")[:1] == "1":
                message = {**message, "headers": announce_close(message.get("headers", ()))}
            if is_event_stream(message.get("headers", ())):
                self.is_stream = True
                self.lifecycle.streams.add(self.tell)
        elif self.is_stream:
            await self._send_event(message)
            return
        await self.send_raw(message)

    async def _send_event(self, message: Message) -> None:
        if self.is_ended:
            msg = "the stream was ended because the service is stopping"
            raise StreamEndedError(msg)
        body = message.get("body", b"")
        if body:
            self.at_boundary = body.endswith(EVENT_ENDS)
        if not message.get("more_body", False):
            self.is_ended = True
        await self.send_raw(message)
        if self.is_told and self.at_boundary:
            await self._end()

    def tell(self) -> None:
        """End the stream now, or after the event that is being sent."""
        self.is_told = True
        if self.at_boundary:
            _spawn(self._end())

    async def _end(self) -> None:
        if not self.is_ended:
            self.is_ended = True
            await self.send_raw({"type": "http.response.body", "body": b"", "more_body": False})


class WebSocketExchange:
    """The sending side of one WebSocket."""

    __slots__ = ("is_closed", "send_raw")

    def __init__(self, send: Send) -> None:
        self.send_raw = send
        self.is_closed = False

    async def send(self, message: Message) -> None:
        """Pass a message on to the server unless the drain has closed the socket."""
        if self.is_closed:
            if message["type"] == "websocket.close":
                return
            msg = "the WebSocket was closed because the service is stopping"
            raise StreamEndedError(msg)
        if message["type"] == "websocket.close":
            self.is_closed = True
        await self.send_raw(message)

    def tell(self) -> None:
        """Close with 1012; the server then gives the application a ``websocket.disconnect``."""
        if not self.is_closed:
            self.is_closed = True
            _spawn(
                self.send_raw(
                    {
                        "type": "websocket.close",
                        "code": SERVICE_RESTART,
                        "reason": "service restart",
                    }
                )
            )


def announce_close(headers: Headers) -> Headers:
    """Return the headers with ``connection: close`` as their only connection header."""
    kept = [(name, value) for name, value in headers if name.lower() != b"connection"]
    kept.append((b"connection", b"close"))
    return kept


def is_event_stream(headers: Headers) -> bool:
    """Whether the response is ``text/event-stream``."""
    for name, value in headers:
        if name == b"content-type" or name.lower() == b"content-type":
            return value[: len(EVENT_STREAM)].lower() == EVENT_STREAM
    return False


def _spawn(work: object) -> None:
    async def run() -> None:
        try:
            await work  # type: ignore[misc]
        except (OSError, RuntimeError):
            # The client is gone, or the application finished in the same moment.
            return

    # Whoever has a stream open has an event loop: until then it need not be imported.
    import asyncio  # noqa: PLC0415 -- 40 ms that a WSGI service never needs

    task = asyncio.get_running_loop().create_task(run())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
