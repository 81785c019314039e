"""The output of several processes as one stream, and the foreground of ``up``."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from longshore.engines.interface import LogStream

Show = Callable[[str, bytes], None]
"""Takes a process's name and one line of its output."""


class Lines:
    """The lines of several streams as they come.

    No generator: Ctrl-C inside one would end it, and the last lines would be lost.

    Args:
        streams: by the name that each line is given with.
    """

    def __init__(self, streams: Mapping[str, LogStream]) -> None:
        self._streams = streams
        self._open = set(streams)
        self._queue: SimpleQueue[tuple[str, bytes | None]] = SimpleQueue()
        for name in streams:
            Thread(target=self._pump, args=(name,), daemon=True).start()

    def __iter__(self) -> Iterator[tuple[str, bytes | None]]:
        """Start over from wherever the last loop stopped."""
        return self

    def __next__(self) -> tuple[str, bytes | None]:
        """Return a name and its next line; ``None`` for the line says that the stream has ended."""
        if not self._open:
            raise StopIteration
        name, line = self._queue.get()
        if line is None:
            self._open.discard(name)
        return name, line

    def close(self) -> None:
        """Stop reading."""
        for stream in self._streams.values():
            stream.close()

    def _pump(self, name: str) -> None:
        try:
            for line in self._streams[name]:
                self._queue.put((name, line))
        finally:
            self._queue.put((name, None))


def attend(
    streams: Mapping[str, LogStream],
    *,
    show: Show,
    stop: Callable[[], None],
    kill: Callable[[], None],
) -> str | None:
    """Show output until a process ends by itself or Ctrl-C, then stop all and show the rest.

    Args:
        streams: the output of each process, by its name; a stream ends with its process.
        show: prints a line.
        stop: ends all processes in good order.
        kill: ends them at once.

    Returns:
        The process that ended by itself, or ``None`` after Ctrl-C.

    Raises:
        KeyboardInterrupt: after a second Ctrl-C; everything was killed.
    """
    lines = Lines(streams)
    ended = None
    with suppress(KeyboardInterrupt):  # the polite one: stop, and show how
        ended = _show_until_one_ends(lines, show)
    with ThreadPoolExecutor(max_workers=1) as pool:
        stopping = pool.submit(stop)
        try:
            _show_all(lines, show)
            stopping.result()
        except KeyboardInterrupt:
            kill()
            raise
        finally:
            lines.close()
    return ended


def interleave(streams: Mapping[str, LogStream], *, show: Show) -> None:
    """Show the output of all streams until the last one ends."""
    lines = Lines(streams)
    try:
        _show_all(lines, show)
    finally:
        lines.close()


def show_in_turn(streams: Mapping[str, LogStream], *, show: Show) -> None:
    """Show what is there of one stream after the other."""
    for name, stream in streams.items():
        for line in stream:
            show(name, line)


def _show_until_one_ends(lines: Lines, show: Show) -> str | None:
    for name, line in lines:
        if line is None:
            return name
        show(name, line)
    return None


def _show_all(lines: Lines, show: Show) -> None:
    for name, line in lines:
        if line is not None:
            show(name, line)
