"""Put a service under load and count every request that does not get its whole answer.

Three kinds of clients, as in front of a real service: some keep their connection and send one
request after the other, some open a connection for each request, at a fixed rate, and some wait for
a slow answer. Nothing is retried: a request that a proxy would have to send again counts as lost.
"""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import dataclasses
import time
from typing import Final

TIMEOUT: Final = 30.0
SERVER_ERROR: Final = 500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the load goes.

    Attributes:
        path: asked for again and again.
        slow_path: asked for once by each slow client; empty is none.
    """

    port: int
    host: str = "127.0.0.1"
    path: str = "/"
    slow_path: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much load.

    Attributes:
        keep_alive: clients that keep their connection.
        pause: seconds that each of them thinks between two requests.
        rate: new connections per second.
        slow: clients that wait for the slow path.
    """

    keep_alive: int = 16
    pause: float = 0.0
    rate: float = 100.0
    slow: int = 1


@dataclasses.dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the requests, by kind of client.

    Attributes:
        answered: requests with a complete answer below 500.
        lost: the others, by reason.
        after_signal: answers to requests that were sent after the signal.
        moved: connections that the service asked to close, and the client closed in good order.
        latencies: seconds for each answer.
    """

    answered: int = 0
    lost: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    after_signal: int = 0
    moved: int = 0
    latencies: list[float] = dataclasses.field(default_factory=list)

    @property
    def sent(self) -> int:
        """All requests."""
        return self.answered + self.lost.total()


class BrokenAnswerError(Exception):
    """An answer that is missing, incomplete or a server error; the text is the reason."""


class Connection:
    """One HTTP/1.1 connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, target: Target) -> Connection:
        """Connect."""
        return cls(*await asyncio.open_connection(target.host, target.port))

    async def get(self, path: str, *, close: bool = False) -> bool:
        """Send one request and read its answer; returns whether the connection stays open.

        Raises:
            BrokenAnswerError: the answer is missing, incomplete or a server error.
        """
        extra = "connection: close\r\n" if close else ""
        self.writer.write(f"GET {path} HTTP/1.1\r\nhost: load\r\n{extra}\r\n".encode())
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, headers = parse_head(head)
            await self._read_body(headers)
        except asyncio.IncompleteReadError as error:
            reason = "truncated" if error.partial else "closed before the answer"
            raise BrokenAnswerError(reason) from error
        except ConnectionError as error:
            reason = "reset"
            raise BrokenAnswerError(reason) from error
        if status >= SERVER_ERROR:
            reason = f"status {status}"
            raise BrokenAnswerError(reason)
        return headers.get("connection", "").lower() != "close"

    async def _read_body(self, headers: dict[str, str]) -> None:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readexactly(2)
        elif "content-length" in headers:
            await self.reader.readexactly(int(headers["content-length"]))
        else:
            await self.reader.read()

    def close(self) -> None:
        """Close without waiting."""
        self.writer.close()


class Load:
    """Load on one service, from ``start`` until ``stop``.

    Args:
        target: where.
        shape: how much.
    """

    def __init__(self, target: Target, shape: Shape) -> None:
        self.target = target
        self.shape = shape
        self.keep_alive = Tally()
        self.fresh = Tally()
        self.slow = Tally()
        self.signal_at: float | None = None
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to send."""
        for _ in range(self.shape.keep_alive):
            self._spawn(self._keep_sending())
        if self.shape.rate > 0:
            self._spawn(self._keep_connecting())

    def start_slow(self) -> None:
        """Send the slow requests, to be under way when the signal comes."""
        if self.target.slow_path:
            for _ in range(self.shape.slow):
                self._spawn(self._send_once(self.slow, self.target.slow_path))

    def mark_signal(self) -> None:
        """Remember that the service was told to stop now."""
        self.signal_at = time.monotonic()

    async def stop(self) -> None:
        """Send nothing new and wait for the answers that are due."""
        self._stopping.set()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, work: collections.abc.Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_sending(self) -> None:
        connection: Connection | None = None
        while not self._stopping.is_set():
            connection = await self._send(self.keep_alive, self.target.path, connection)
            if self.shape.pause:
                await asyncio.sleep(self.shape.pause)
        if connection is not None:
            connection.close()

    async def _keep_connecting(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            self._spawn(self._send_once(self.fresh, self.target.path))
            due += 1 / self.shape.rate
            await asyncio.sleep(max(due - time.monotonic(), 0))

    async def _send_once(self, tally: Tally, path: str) -> None:
        connection = await self._send(tally, path, None, close=True)
        if connection is not None:
            connection.close()

    async def _send(
        self, tally: Tally, path: str, connection: Connection | None, *, close: bool = False
    ) -> Connection | None:
        """Send one request; returns the connection when it can be used again."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT):
                connection = connection or await Connection.open(self.target)
                stays = await connection.get(path, close=close)
        except (OSError, BrokenAnswerError) as error:
            tally.lost[describe_loss(error)] += 1
            if connection is not None:
                connection.close()
            # A client that fails waits a little, or it would count one outage many times.
            await asyncio.sleep(0.01)
            return None
        tally.answered += 1
        tally.latencies.append(time.monotonic() - began)
        if self.signal_at is not None and began >= self.signal_at:
            tally.after_signal += 1
        if stays:
            return connection
        tally.moved += 0 if close else 1
        connection.close()
        return None


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of a response, names in lower case."""
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return int(lines[0].split(" ")[1]), headers


def describe_loss(error: Exception) -> str:
    """Return the reason under which a lost request is counted."""
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError):
        return "timed out"
    return "reset" if isinstance(error, ConnectionError) else type(error).__name__
