"""Say what a slow start is waiting for, and end a start that never finishes.

A thread, because an import or a start-up that blocks the main thread cannot watch itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.events import EventLog
    from longshore_runtime.traceback_frames import Place

INTERVAL: Final = 10.0
"""Seconds between two lines about a start that takes long."""

PATIENCE: Final = 0.5
"""Seconds after the time-out in which the event loop may still fail in good order."""


class StartWatch:
    """Watch the start of one process.

    Args:
        events: where the lines go.
        timeout: seconds that the whole start may take.
        interval: seconds between two lines.
    """

    def __init__(self, events: EventLog, *, timeout: float, interval: float = INTERVAL) -> None:
        self.events = events
        self.timeout = timeout
        self.interval = interval
        self.stage = "the import"
        self.code = ExitCode.IMPORT
        self.find_place: Callable[[], Place | None] = lambda: None
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = time.monotonic()
        self._main = threading.main_thread().ident

    def start(self) -> None:
        """Begin to watch."""
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="longshore-start", daemon=True)
        self._thread.start()

    def enter_startup(self, find_place: Callable[[], Place | None]) -> None:
        """The import is done: now the application's own start-up runs."""
        self.stage = "the application's start-up"
        self.code = ExitCode.LIFESPAN
        self.find_place = find_place

    def finish(self) -> None:
        """The start is over; no thread is left behind."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def describe(self) -> str:
        """Return what the start is waiting on, with the application's line if there is one."""
        from longshore_runtime.traceback_frames import current_place  # noqa: PLC0415 -- slow starts only

        frame = sys._current_frames().get(self._main or 0)  # noqa: SLF001 -- documented for debuggers
        place = self.find_place() or current_place(frame)
        if place is None:
            return self.stage
        source = f": {place.source}" if place.source else ""
        return f"{self.stage}: {place}{source}"

    def _run(self) -> None:
        limit = self._began + self.timeout + PATIENCE
        while True:
            left = limit - time.monotonic()
            if self._done.wait(min(self.interval, max(left, 0.0))):
                return
            waited = time.monotonic() - self._began
            message = f"still waiting on {self.describe()}"
            if time.monotonic() < limit:
                self.events.emit("starting", message, level="warning", waited_s=round(waited, 1))
                continue
            self.give_up(message)

    def give_up(self, message: str) -> None:
        """Say what the start was waiting on, and end the process."""
        self.events.emit(
            "failed",
            f"the start took longer than {self.timeout:g} s; {message}",
            level="error",
            cause="lifespan" if self.code is ExitCode.LIFESPAN else "import",
            hint="see what it waits for, or raise LONGSHORE_STARTUP_TIMEOUT",
            exit_code=int(self.code),
        )
        os._exit(self.code)
