"""The states of a service and the one object that every part of the runtime reads them from.

STARTING → READY → DRAINING → STOPPING → LIFESPAN_STOP → FLUSH. The current phase is one byte, so
that it can live in memory that a supervisor and its workers share, and so that reading it costs a
request a few nanoseconds.
"""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Phase(enum.IntEnum):
    """Where a service is in its life; the order is the order in time."""

    STARTING = 0
    READY = 1
    DRAINING = 2
    STOPPING = 3
    LIFESPAN_STOP = 4
    FLUSH = 5


class Lifecycle:
    """The state of one process of a service.

    Attributes:
        own: this process's phase.
        shared: the phase that a supervisor dictates; the later of the two counts.
        in_flight: requests that the application is working on.
        served: requests that the application has answered.
        liveness_limit: seconds without a turn of the event loop that count as stuck.
        was_asked: whether a WSGI server has ever passed a request on, a probe included.
        beat_at: when the event loop last turned, as ``time.monotonic()`` seconds.
        streams: one callback per open stream or WebSocket that wants to be told to end.
    """

    __slots__ = (
        "beat_at",
        "entered",
        "in_flight",
        "listeners",
        "liveness_limit",
        "own",
        "served",
        "shared",
        "started_at",
        "streams",
        "was_asked",
    )

    def __init__(self, shared: memoryview | None = None) -> None:
        self.own: memoryview = memoryview(bytearray(1))
        self.shared: memoryview = memoryview(bytearray(1)) if shared is None else shared
        self.in_flight = 0
        self.served = 0
        self.started_at = time.monotonic()
        self.beat_at = self.started_at
        self.entered: dict[Phase, float] = {Phase.STARTING: self.started_at}
        self.streams: set[Callable[[], None]] = set()
        self.listeners: list[Callable[[Phase], None]] = []
        self.liveness_limit = 30.0
        self.was_asked = False

    @property
    def phase(self) -> Phase:
        """The current phase: the later of our own and the supervisor's."""
        return Phase(max(self.own[0], self.shared[0]))

    @property
    def is_draining(self) -> bool:
        """Whether clients should go elsewhere."""
        return self.own[0] >= Phase.DRAINING or self.shared[0] >= Phase.DRAINING

    def enter(self, phase: Phase) -> bool:
        """Move on to a phase; False when we are already there or beyond.

        Safe to call from a signal handler: it allocates little and takes no lock.
        """
        if phase <= self.own[0]:
            return False
        self.own[0] = phase
        self.entered[phase] = time.monotonic()
        for listener in self.listeners:
            listener(phase)
        return True

    def beat(self) -> None:
        """Record that the event loop turns."""
        self.beat_at = time.monotonic()

    def heartbeat_age(self) -> float:
        """Return the seconds since the event loop last turned."""
        return time.monotonic() - self.beat_at

    def tell_streams(self) -> int:
        """Ask every open stream and WebSocket to end; returns how many were asked."""
        told = list(self.streams)
        for tell in told:
            tell()
        return len(told)
