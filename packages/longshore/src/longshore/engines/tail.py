"""Read and follow a log file by lines."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import IO

_BLOCK = 1 << 16
_PAUSE = 0.05
"""Seconds between looks at a file that has nothing new."""


class FileLog:
    """The lines of a file, and with ``follow`` those that are still to come.

    Args:
        path: the file; an absent one has no lines.
        follow: go on until ``is_over`` says so and the file is read to its end.
        tail: only that many of the lines that are there already.
        is_over: tells whether nothing will be written any more.
    """

    def __init__(
        self,
        path: Path,
        *,
        follow: bool,
        tail: int | None,
        is_over: Callable[[], bool],
    ) -> None:
        self._path = path
        self._follow = follow
        self._tail = tail
        self._is_over = is_over
        self._closed = Event()

    def __iter__(self) -> Iterator[bytes]:
        """Give the lines, without their ends."""
        try:
            file = self._path.open("rb")
        except OSError:
            return
        with file:
            if self._tail is not None:
                file.seek(find_tail(file, self._tail))
            yield from self._lines(file)

    def close(self) -> None:
        """Stop following."""
        self._closed.set()

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        rest = b""
        last_look = not self._follow
        while not self._closed.is_set():
            chunk = file.read(_BLOCK)
            if chunk:
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines
            elif last_look:
                break
            else:
                # What was written before the end is read after it is known.
                last_look = self._is_over()
                if not last_look:
                    time.sleep(_PAUSE)
        if rest:
            yield rest


def find_tail(file: IO[bytes], lines: int) -> int:
    """Return where the last so many lines of a file begin, reading it from its end."""
    end = file.seek(0, 2)
    if lines <= 0 or end == 0:
        return end
    position, missing = end, lines
    file.seek(end - 1)
    missing += file.read(1) == b"\n"  # the end of the last line starts no other
    while position > 0:
        start = max(0, position - _BLOCK)
        file.seek(start)
        block = file.read(position - start)
        count = block.count(b"\n")
        if count >= missing:
            at = len(block)
            for _ in range(missing):
                at = block.rindex(b"\n", 0, at)
            return start + at + 1
        missing -= count
        position = start
    return 0
