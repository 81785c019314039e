"""Many small steps of one kind as one line: ``compiled bytecode of 23 packages in 4.1 s``."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock, Thread

from longshore.types.event import Event, Phase

_COUNTED = {
    "base.fetch": "fetched {} packages of the base",
    "bytecode.compile": "compiled bytecode of {} packages",
    "layer.encode": "encoded {} layers",
    "wheel.fetch": "fetched {} wheels",
}
_BEGUN = frozenset({Phase.STARTED, Phase.PROGRESS})
_OVER = frozenset({Phase.DONE, Phase.CACHED, Phase.FAILED})
_MEGABYTE = 1_000_000
_FETCH = ".fetch"

SILENCE = 10.0
"""Seconds without a line after which one says what is under way."""


@dataclass(slots=True)
class _Stage:
    """The steps of one kind since the last line about them."""

    begun: float
    ended: float = 0.0
    items: list[Event] = field(default_factory=list)


class Stages:
    """Collects finished steps of the kinds that come by the dozen.

    Args:
        write: takes the line of a step, or of a whole stage.
        describe: says what one event means.
        clock: seconds.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        describe: Callable[[Event], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._describe = describe
        self._clock = clock
        self._stages: dict[str, _Stage] = {}

    def take(self, event: Event) -> bool:
        """Count the event; return whether it needs no line of its own."""
        if event.kind not in _COUNTED:
            if event.phase is Phase.DONE:
                self.flush()
            return False
        if event.phase in _BEGUN:
            self._stages.setdefault(event.kind, _Stage(begun=self._clock()))
            return False
        if event.phase is not Phase.DONE:
            return False
        stage = self._stages.setdefault(event.kind, _Stage(begun=self._clock()))
        stage.items.append(event)
        stage.ended = self._clock()
        return True

    def flush(self) -> None:
        """Write a line for each stage, in the order in which they began."""
        stages, self._stages = self._stages, {}
        for kind, stage in stages.items():
            if len(stage.items) == 1:
                self._write(self._describe(stage.items[0]))
            elif stage.items:
                self._write(_line(kind, stage))


def _line(kind: str, stage: _Stage) -> str:
    count = _COUNTED[kind].format(len(stage.items))
    size = sum(event.done or 0 for event in stage.items) / _MEGABYTE
    size_note = f", {size:.1f} MB," if kind.endswith(_FETCH) and size else ""
    return f"{count}{size_note} in {stage.ended - stage.begun:.1f} s"


class Pulse:
    """Says what is under way when nothing was said for a while.

    Args:
        write: takes a line.
        describe: says what one event means.
        silence: in seconds.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        describe: Callable[[Event], str],
        *,
        silence: float = SILENCE,
    ) -> None:
        self._write = write
        self._describe = describe
        self._silence = silence
        self._lock = Lock()
        self._under_way: dict[tuple[str, str], tuple[float, Event]] = {}
        self._last = time.monotonic()
        self._stop: Flag | None = None

    def note(self, event: Event) -> None:
        """Remember what has begun and what is over; the first beginning starts a thread."""
        key = (event.kind, event.subject)
        with self._lock:
            if event.phase in _OVER:
                self._under_way.pop(key, None)
            elif event.phase in _BEGUN:
                begun, _ = self._under_way.get(key, (time.monotonic(), event))
                self._under_way[key] = (begun, event)
                if self._stop is None:
                    self._stop = Flag()
                    Thread(target=self._beat, args=(self._stop,), daemon=True).start()

    def spoken(self) -> None:
        """Start to wait anew: something was said."""
        self._last = time.monotonic()

    def close(self) -> None:
        """Say nothing any more, until something begins again."""
        with self._lock:
            self._under_way.clear()
            if self._stop is not None:
                self._stop.set()
                self._stop = None

    def _beat(self, stop: Flag) -> None:
        while not stop.wait(max(self._last + self._silence - time.monotonic(), self._silence / 10)):
            with self._lock:
                is_due = time.monotonic() - self._last >= self._silence and self._under_way
                line = self._line() if is_due else None
            if line is not None and not stop.is_set():
                try:
                    self._write(line)
                except (OSError, ValueError):  # nobody listens any more: the stream is closed
                    return
                self.spoken()

    def _line(self) -> str:
        """Return what has been under way for longest."""
        begun, event = min(self._under_way.values(), key=lambda each: each[0])
        so_far = f"{time.monotonic() - begun:.0f} s so far"
        if event.done and event.total:
            so_far = f"{100 * event.done // event.total} %, {so_far}"
        return f"{self._describe(event)} ({so_far})"
