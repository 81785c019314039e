"""The runtime's own log: one JSON object per line, written so that a stalled reader never blocks.

A line is at most ``PIPE_BUF`` bytes, so that lines of several workers never mix (``write(2)`` is
atomic up to that size), and a pipe that polls as writable takes a line of that size without
waiting. A line that cannot be written at once is dropped and counted.
"""

from __future__ import annotations

import json
import os
import select
import time

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB
if TYPE_CHECKING:
    from typing import Final

LINE_LIMIT: Final = 4096
"""``PIPE_BUF`` on Linux, in bytes, newline included."""


class EventLog:
    """Write events to a file descriptor.

    Args:
        fd: where lines go; standard output unless told otherwise.
    """

    __slots__ = ("dropped", "fd")

    def __init__(self, fd: int = 1) -> None:
        self.fd = fd
        self.dropped = 0

    def emit(self, event: str, message: str, *, level: str = "info", **fields: object) -> None:
        """Write one line, or count it as dropped when the reader is not taking any."""
        line = render_event(event, message, level=level, dropped=self.dropped, fields=fields)
        try:
            poller = select.poll()
            poller.register(self.fd, select.POLLOUT)
            if not any(mask & select.POLLOUT for _, mask in poller.poll(0)):
                self.dropped += 1
                return
            os.write(self.fd, line)
        except OSError:
            # Standard output is closed or its reader is gone: the service goes on.
            self.dropped += 1
        else:
            self.dropped = 0


def render_event(
    event: str, message: str, *, level: str, dropped: int, fields: dict[str, object]
) -> bytes:
    """Return the line of an event, newline included, within ``LINE_LIMIT`` bytes."""
    record: dict[str, object] = {
        "timestamp": render_time(time.time()),
        "level": level,
        "severity": level.upper(),
        "logger": "longshore",
        "event": event,
        "message": message,
        **fields,
    }
    if dropped:
        record["dropped_lines"] = dropped
    line = _encode(record)
    if len(line) > LINE_LIMIT:
        # Long values are what makes a line long; the short ones still tell the story.
        record = {key: _shorten(value) for key, value in record.items()}
        line = _encode(record)
    if len(line) > LINE_LIMIT:
        line = _encode({key: record[key] for key in list(record)[:6]})
    return line


def render_time(seconds: float) -> str:
    """Return a Unix time as RFC 3339 in UTC with milliseconds."""
    whole = int(seconds)
    millis = int((seconds - whole) * 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{millis:03d}Z"


def _encode(record: dict[str, object]) -> bytes:
    text = json.dumps(record, separators=(",", ":"), default=str, ensure_ascii=True)
    return text.encode("ascii") + b"\n"


def _shorten(value: object, limit: int = 300) -> object:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return value if len(text) <= limit else text[:limit] + "…"
