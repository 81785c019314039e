"""SIGTERM and SIGINT, as the service understands them.

The first signal starts the drain, a second one skips the waits, a third one ends the process.
Signals that follow within half a second count as the same one: a shell, a wrapper such as
``uv run`` and an orchestrator often deliver one wish several times.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from longshore_runtime.events import EventLog

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
SAME_WISH: Final = 0.5
"""Seconds within which further signals add nothing."""


class StopRequests:
    """Count wishes to stop and call back once for each.

    Args:
        on_stop: called from the signal handler with the signal and the count: 1, 2, 3 …
        clock: monotonic seconds.
    """

    def __init__(
        self,
        on_stop: Callable[[signal.Signals, int], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_stop = on_stop
        self.clock = clock
        self.count = 0
        self._last = -SAME_WISH * 2

    def install(self) -> None:
        """Take over the signals of this process; main thread only."""
        for number in STOP_SIGNALS:
            signal.signal(number, self.handle)

    def handle(self, number: int, frame: FrameType | None = None) -> None:  # noqa: ARG002 -- the handler's signature
        """Count a signal unless it repeats the last one."""
        now = self.clock()
        is_repeat = now - self._last < SAME_WISH
        self._last = now
        if not is_repeat:
            self.count += 1
            self.on_stop(signal.Signals(number), self.count)


def end_while_starting(events: EventLog) -> StopRequests:
    """Take over the signals of a process that has not taken a request yet: it ends at once, with 0.

    As process 1 of a container a signal without a handler would be ignored.
    """

    def end(number: signal.Signals, count: int) -> None:
        del count
        message = f"stopped by {number.name} while starting"
        events.emit("stop", message, reason=number.name, exit_code=0)
        os._exit(0)

    requests = StopRequests(end)
    requests.install()
    return requests
