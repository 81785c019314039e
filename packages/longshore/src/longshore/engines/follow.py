"""The output of several processes as one stream, and the foreground of ``up``."""

import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from longshore.engines.interface import LogStream

Show = Callable[[str, bytes], None]
"""Takes a process's name and one line of its output."""

_LOOK = 0.5
"""Seconds after which a signal is heeded at the latest."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Kind(Enum):
    LINE = auto()
    ENDED = auto()
    INTERRUPTED = auto()
    STOPPED = auto()
    LEFT = auto()


_Event = tuple[_Kind, str, bytes]


class Departure:
    """Lets another thread end an attendance while the service goes on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listener: Callable[[], None] | None = None
        self._is_requested = False
        self.is_taken = False
        """Whether the attendance ended for it, and nothing was stopped."""

    def request(self) -> None:
        """Ask for it; asking twice is harmless."""
        with self._lock:
            self._is_requested = True
            if self._listener is not None:
                self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call back when it is asked for, or now if it was."""
        with self._lock:
            self._listener = listener
            if self._is_requested:
                listener()


def interleave(streams: Mapping[str, LogStream], *, show: Show) -> None:
    """Show the output of all streams as it comes, until the last one ends."""
    events: SimpleQueue[_Event] = SimpleQueue()
    with _pumping(streams, events):
        still_open = len(streams)
        while still_open:
            kind, name, line = events.get()
            if kind is _Kind.LINE:
                show(name, line)
            else:
                still_open -= 1


def show_in_turn(streams: Mapping[str, LogStream], *, show: Show) -> None:
    """Show what is there of one stream after the other."""
    for name, stream in streams.items():
        for line in stream:
            show(name, line)


def attend(
    streams: Mapping[str, LogStream],
    *,
    show: Show,
    ready: Callable[[], None],
    stop: Callable[[], None],
    kill: Callable[[], None],
    departure: Departure | None = None,
    is_done: Callable[[str], bool] = lambda _name: False,
    look: Callable[[], None] = lambda: None,
) -> str | None:
    """Show output until a process ends by itself or Ctrl-C, then stop all and show the rest.

    One that is done ends nothing, as long as others go on. SIGTERM and SIGHUP (a closed terminal)
    count as Ctrl-C.

    Args:
        streams: the output of each process, by its name; a stream ends with its process.
        show: prints a line.
        ready: called first, when an interrupt will already be heeded.
        stop: ends all processes in good order.
        kill: ends them at once.
        departure: ends the attendance and nothing else, unless the processes are being stopped.
        is_done: tells of a process that has ended whether its work was done.
        look: called at least twice a second while nothing has ended.

    Returns:
        The process that ended by itself, or ``None`` after Ctrl-C, after a departure, or when
        all were done.

    Raises:
        KeyboardInterrupt: after a second Ctrl-C; everything was killed.
    """
    events: SimpleQueue[_Event] = SimpleQueue()
    with (
        ThreadPoolExecutor(max_workers=2) as pool,
        _pumping(streams, events),
        _interrupting(events),
    ):
        ready()
        if departure is not None:
            departure.listen(lambda: events.put((_Kind.LEFT, "", b"")))
        attendance = _Attendance(pool, events, stop=stop, kill=kill, is_done=is_done)
        still_open = len(streams)
        while still_open or not attendance.is_over:
            kind, name, line = _next(events, look)
            if kind is _Kind.LINE:
                show(name, line)
            elif kind is _Kind.ENDED:
                still_open -= 1
                attendance.note_end(name, is_last=still_open == 0)
            elif kind is _Kind.INTERRUPTED:
                attendance.note_interrupt()
            elif kind is _Kind.LEFT and departure is not None and not attendance.has_begun:
                departure.is_taken = True
                break
    return attendance.verdict()


def _next(events: "SimpleQueue[_Event]", look: Callable[[], None]) -> _Event:
    while True:
        look()
        # With an end: a signal that comes just before the wait would be heeded only after it.
        with suppress(Empty):
            return events.get(timeout=_LOOK)


class _Attendance:
    """What has happened to the processes, and what was done about it."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        events: "SimpleQueue[_Event]",
        *,
        stop: Callable[[], None],
        kill: Callable[[], None],
        is_done: Callable[[str], bool],
    ) -> None:
        self._is_done = is_done
        self._pool = pool
        self._events = events
        self._stop = stop
        self._kill = kill
        self._stopping: Future[None] | None = None
        self._killing: Future[None] | None = None
        self._ended: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the processes are being stopped."""
        return self._stopping is not None

    @property
    def is_over(self) -> bool:
        """Whether everything has been stopped."""
        return self._stopping is not None and self._stopping.done()

    def note_end(self, name: str, *, is_last: bool) -> None:
        """The first process that ends ends the service, unless it is done and others go on."""
        if self._stopping is not None:
            return
        is_done = self._is_done(name)
        if is_done and not is_last:
            return
        self._ended = None if is_done else name
        self._stopping = self._begin(self._stop)

    def note_interrupt(self) -> None:
        """The first interrupt stops, the second one kills."""
        if self._stopping is None:
            self._stopping = self._begin(self._stop)
        elif self._killing is None:
            self._killing = self._begin(self._kill)

    def verdict(self) -> str | None:
        """Return what ended by itself, or raise what went wrong."""
        if self._killing is not None:
            raise KeyboardInterrupt
        if self._stopping is not None:
            self._stopping.result()
        return self._ended

    def _begin(self, action: Callable[[], None]) -> "Future[None]":
        future = self._pool.submit(action)
        future.add_done_callback(lambda _: self._events.put((_Kind.STOPPED, "", b"")))
        return future


@contextmanager
def _pumping(streams: Mapping[str, LogStream], events: "SimpleQueue[_Event]") -> Iterator[None]:
    def pump(name: str, stream: LogStream) -> None:
        try:
            for line in stream:
                events.put((_Kind.LINE, name, line))
        finally:
            events.put((_Kind.ENDED, name, b""))

    for name, stream in streams.items():
        Thread(target=pump, args=(name, stream), daemon=True).start()
    try:
        yield
    finally:
        for stream in streams.values():
            stream.close()


@contextmanager
def _interrupting(events: "SimpleQueue[_Event]") -> Iterator[None]:
    """Make signals events: an exception could come anywhere, and lose the last lines."""

    def interrupt(_number: int, _frame: object) -> None:
        events.put((_Kind.INTERRUPTED, "", b""))  # reentrant, as the documentation promises

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # somebody has started us with nohup
        del before[signal.SIGHUP]
    try:
        for number in before:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
