"""The processes of a prefork service: fork them, notice how they end, decide what follows.

A worker that dies is replaced, at once the first time and then with growing pauses. Workers that
fail before any of them was ever ready end the service with their code: a broken import must not
loop for ever behind a port that looks alive.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from longshore_runtime.lifecycle import Phase
from longshore_runtime.shared_state import SlotView
from longshore_runtime.signals import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.events import EventLog
    from longshore_runtime.shared_state import SharedState

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0
STABLE: Final = 10.0
"""Seconds after which a worker counts as having worked, and the pauses start over."""

MOST_FAILURES: Final = 10
"""Short lives in a row after which the service gives up."""

STUCK_FACTOR: Final = 2
"""Times the liveness limit after which a worker that stands still is killed and replaced."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Seat:
    """One worker's place: who sits there, since when, and when it is filled again."""

    index: int
    pid: int = 0
    since: float = 0.0
    refill_at: float = 0.0


class WorkerPool:
    """All workers of a service.

    Args:
        count: how many.
        state: where they publish.
        start: run in a fresh child with the seat's index; never returns.
        events: where the lines go.
        liveness_limit: seconds without a turn of its event loop after which a worker is stuck.
    """

    def __init__(
        self,
        count: int,
        *,
        state: SharedState,
        start: Callable[[int], object],
        events: EventLog,
        liveness_limit: float,
    ) -> None:
        self.seats = [Seat(index=index) for index in range(count)]
        self.state = state
        self.start = start
        self.events = events
        self.liveness_limit = liveness_limit
        self.stuck_after = STUCK_FACTOR * liveness_limit
        self.failures = 0
        self.restarts = 0
        self.reaped = 0
        self.was_ready = False
        self.codes: list[int] = []
        self.is_stopping = False

    @property
    def running(self) -> list[Seat]:
        """The seats that are taken."""
        return [seat for seat in self.seats if seat.pid]

    def fill(self) -> None:
        """Start workers for the empty seats whose pause is over."""
        now = time.monotonic()
        for seat in self.seats:
            if not seat.pid and now >= seat.refill_at and not self.is_stopping:
                self._fork(seat)

    def next_event_at(self) -> float | None:
        """Return when ``fill`` has something to do; None when all seats are taken."""
        return min((seat.refill_at for seat in self.seats if not seat.pid), default=None)

    def reap(self) -> int | None:
        """Collect the dead; returns the code to give up with, or None."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return None
            if pid == 0:
                return None
            seat = next((each for each in self.seats if each.pid == pid), None)
            if seat is None:
                self.reaped += 1
                continue
            verdict = self._bury(seat, os.waitstatus_to_exitcode(status))
            if verdict is not None:
                return verdict

    def count_ready(self) -> int:
        """Return how many workers take requests and have what they depend on."""
        slots = [(seat, self.state.read_slot(seat.index)) for seat in self.running]
        started = [
            slot for seat, slot in slots if slot.pid == seat.pid and slot.phase == Phase.READY
        ]
        self.was_ready = self.was_ready or len(started) == len(self.seats)
        return sum(slot.is_healthy for slot in started)

    def count_alive(self) -> int:
        """Return how many workers' event loops turn."""
        now = time.monotonic()
        return sum(
            1
            for seat in self.running
            if now - self.state.read_slot(seat.index).beat_at < self.liveness_limit
        )

    def kill_stuck(self) -> None:
        """Kill workers whose event loop has not turned for a long time."""
        now = time.monotonic()
        for seat in self.running:
            slot = self.state.read_slot(seat.index)
            age = now - slot.beat_at
            if slot.pid == seat.pid and slot.phase == Phase.READY and age > self.stuck_after:
                self.events.emit(
                    "worker-stuck",
                    f"worker {seat.index} did not turn for {age:.0f} s and is replaced",
                    level="error",
                    worker=seat.index,
                    pid=seat.pid,
                )
                os.kill(seat.pid, signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to every worker."""
        for seat in self.running:
            os.kill(seat.pid, number)

    def _fork(self, seat: Seat) -> None:
        now = time.monotonic()
        self.state.write_slot(seat.index, SlotView(beat_at=now, started_at=now))
        # A stop that finds the child with the supervisor's handlers would be lost: it has to wait.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        pid = os.fork()
        if pid == 0:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self.start(seat.index)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        seat.pid, seat.since = pid, now

    def _bury(self, seat: Seat, code: int) -> int | None:
        lived = time.monotonic() - seat.since
        pid, seat.pid = seat.pid, 0
        was_ready = self.state.read_slot(seat.index).phase >= Phase.READY
        if code == -signal.SIGTERM and self.is_stopping and not was_ready:
            # It was told to stop before it could even listen to that: nothing was lost.
            code = 0
        self.codes.append(code)
        if self.is_stopping:
            return None
        if not self.was_ready and not was_ready and code > 0:
            return code
        self.failures = 0 if lived >= STABLE else self.failures + 1
        pause = 0.0
        if self.failures > 1:
            pause = min(FIRST_PAUSE * 2 ** (self.failures - 2), LONGEST_PAUSE)
        seat.refill_at = time.monotonic() + pause
        self.restarts += 1
        self.codes.clear()
        self.events.emit(
            "worker-died",
            f"worker {seat.index} ended with {describe_end(code)} and is replaced",
            level="error",
            worker=seat.index,
            pid=pid,
            code=code,
            pause_s=pause,
        )
        if self.failures >= MOST_FAILURES:
            return max(code, 1)
        return None


def describe_end(code: int) -> str:
    """Return an exit code, or the name of the signal that ended a process."""
    return f"code {code}" if code >= 0 else signal.Signals(-code).name
