"""Health on a port of its own, from a thread: it answers while the event loop is busy.

HTTP/1.0 semantics on purpose: one request per connection, the head only, a time-out of two seconds.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Final

HEAD_LIMIT: Final = 8192
TIMEOUT: Final = 2.0
SHORT_TIMEOUT: Final = 0.2
"""Seconds that a client may keep the caller of ``answer_one`` from its other work."""

REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}


class ManagementServer:
    """Answer GET and HEAD on a bound socket from a daemon thread.

    Args:
        listener: a bound socket.
        respond: takes the path and whether details are wanted; None is a 404.
    """

    def __init__(
        self,
        listener: socket.socket,
        respond: Callable[[str, bool], tuple[int, bytes] | None],
    ) -> None:
        self.listener = listener
        self.respond = respond

    @property
    def port(self) -> int:
        """The port that the kernel gave us."""
        port: int = self.listener.getsockname()[1]
        return port

    def start(self) -> None:
        """Begin to answer."""
        self.listener.listen(16)
        threading.Thread(target=self._serve, name="longshore-management", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._exchange(connection)

    def answer_one(self) -> None:
        """Answer one connection that is waiting, for a caller with a loop of its own."""
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        with connection:
            self._exchange(connection, SHORT_TIMEOUT)

    def _exchange(self, connection: socket.socket, timeout: float = TIMEOUT) -> None:
        try:
            connection.settimeout(timeout)
            connection.sendall(self._answer(_read_head(connection)))
        except OSError:
            return

    def _answer(self, head: bytes) -> bytes:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or words[0] not in {"GET", "HEAD"}:  # noqa: PLR2004 -- RFC 9112, 3
            return render_response(400, b"", is_head=False)
        path, _, query = words[1].partition("?")
        answer = self.respond(path, "verbose" in query)
        status, body = (404, b"") if answer is None else answer
        return render_response(status, body, is_head=words[0] == "HEAD")


def render_response(status: int, body: bytes, *, is_head: bool) -> bytes:
    """Return a complete HTTP response that ends the connection."""
    head = (
        f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}\r\n"
        "content-type: application/json\r\ncache-control: no-store\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if is_head else body)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        piece = connection.recv(2048)
        if not piece:
            break
        head += piece
    return head
