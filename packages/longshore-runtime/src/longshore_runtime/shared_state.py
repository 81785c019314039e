"""State that a supervisor and its workers share: one page of memory, no file.

Layout: byte 0 is the phase that the supervisor dictates; byte 1 says that a worker of another
server is ready, byte 2 with which code its start has failed; from ``SLOTS_AT`` on, one slot of
``SLOT_SIZE`` bytes for each worker. Workers that the supervisor did not fork itself (another
server's) map the same page through ``/proc/<pid>/fd/<n>``, which survives any number of ``exec``.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from longshore_runtime.lifecycle import Lifecycle

VARIABLE: Final = "LONGSHORE_STATE"
"""The environment variable that tells a worker where the page is."""

SLOTS_AT: Final = 64
SLOT: Final = struct.Struct("=B?xxiddQQQ")
SLOT_SIZE: Final = 64
MOST_WORKERS: Final = 1000


class SlotView:
    """What a worker last said of itself.

    Args:
        phase: its own phase; see ``Phase``.
        pid: its process id; 0 is an empty slot.
        beat_at: when its event loop last turned, in ``time.monotonic()`` seconds.
        started_at: when it was started, as above.
        in_flight: requests that it works on.
        served: requests that it has answered.
        cut_off: requests that its drain had to cut off.
        is_healthy: whether its critical checks pass.
    """

    __slots__ = (
        "beat_at",
        "cut_off",
        "in_flight",
        "is_healthy",
        "phase",
        "pid",
        "served",
        "started_at",
    )

    def __init__(
        self,
        *,
        phase: int = 0,
        pid: int = 0,
        beat_at: float = 0.0,
        started_at: float = 0.0,
        in_flight: int = 0,
        served: int = 0,
        cut_off: int = 0,
        is_healthy: bool = True,
    ) -> None:
        self.phase = phase
        self.pid = pid
        self.beat_at = beat_at
        self.started_at = started_at
        self.in_flight = in_flight
        self.served = served
        self.cut_off = cut_off
        self.is_healthy = is_healthy

    def pack(self) -> bytes:
        """Return the slot's bytes."""
        return SLOT.pack(
            self.phase,
            self.is_healthy,
            self.pid,
            self.beat_at,
            self.started_at,
            self.in_flight,
            self.served,
            self.cut_off,
        )


class SharedState:
    """One page (or more, for many workers) of shared memory.

    Args:
        memory: the mapping.
        fd: its memfd; None for one that only forked children can see.
    """

    def __init__(self, memory: mmap.mmap, fd: int | None = None) -> None:
        self.memory = memory
        self.view = memoryview(memory)
        self.fd = fd
        self.owner = 0

    @classmethod
    def create(cls, workers: int = 0) -> SharedState:
        """Make a new page, all zeroes: the phase is STARTING."""
        size = SLOTS_AT + SLOT_SIZE * min(workers, MOST_WORKERS)
        if not hasattr(os, "memfd_create"):
            return cls(mmap.mmap(-1, size))
        fd = os.memfd_create("longshore-state")
        os.ftruncate(fd, size)
        return cls(mmap.mmap(fd, size), fd)

    @classmethod
    def attach(cls, path: str) -> SharedState | None:
        """Map the page that a supervisor names; None when it cannot be reached."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            state = cls(mmap.mmap(fd, os.fstat(fd).st_size))
        except (OSError, ValueError):
            return None
        finally:
            os.close(fd)
        owner = path.split("/")[2]
        state.owner = int(owner) if owner.isdecimal() else 0
        return state

    @property
    def path(self) -> str:
        """How another process of the same user opens the page; empty when it cannot."""
        return "" if self.fd is None else f"/proc/{os.getpid()}/fd/{self.fd}"

    @property
    def phase(self) -> int:
        """The phase that the supervisor dictates."""
        return self.view[0]

    @phase.setter
    def phase(self, value: int) -> None:
        self.view[0] = value

    @property
    def is_ready(self) -> bool:
        """Whether a worker of another server has ever taken requests."""
        return bool(self.view[1])

    @property
    def failure(self) -> int:
        """The exit code of a worker that could not start; 0 while none has failed."""
        return self.view[2]

    def announce_ready(self) -> None:
        """Tell the supervisor that this worker takes requests."""
        if not self.view[1]:
            self.view[1] = 1
            self._wake()

    def announce_failure(self, code: int) -> bool:
        """Tell the supervisor that this worker cannot start; False when another was first."""
        is_first = not self.view[2]
        self.view[2] = code
        self._wake()
        return is_first

    def _wake(self) -> None:
        """Let the supervisor look; it takes this signal for "something may have changed"."""
        if self.owner:
            try:
                os.kill(self.owner, signal.SIGCHLD)
            except OSError:
                return

    def phase_view(self) -> memoryview:
        """Return the phase as a view of one byte, for a lifecycle to read."""
        return self.view[:1]

    def write_slot(self, index: int, slot: SlotView) -> None:
        """Publish what a worker says of itself."""
        start = SLOTS_AT + index * SLOT_SIZE
        self.view[start : start + SLOT.size] = slot.pack()

    def read_slot(self, index: int) -> SlotView:
        """Return what a worker last said of itself."""
        phase, is_healthy, pid, beat_at, started_at, in_flight, served, cut_off = SLOT.unpack_from(
            self.memory, SLOTS_AT + index * SLOT_SIZE
        )
        return SlotView(
            phase=phase,
            pid=pid,
            beat_at=beat_at,
            started_at=started_at,
            in_flight=in_flight,
            served=served,
            cut_off=cut_off,
            is_healthy=is_healthy,
        )


class SlotWriter:
    """A worker's pen: publishes its lifecycle into its slot.

    Args:
        state: the shared page.
        index: the worker's slot.
        lifecycle: what is published.
        is_healthy: whether the worker's critical checks pass.
    """

    def __init__(
        self,
        state: SharedState,
        index: int,
        lifecycle: Lifecycle,
        is_healthy: Callable[[], bool] = lambda: True,
    ) -> None:
        self.state = state
        self.index = index
        self.lifecycle = lifecycle
        self.is_healthy = is_healthy
        self.cut_off = 0

    def publish(self) -> None:
        """Write the slot."""
        lifecycle = self.lifecycle
        slot = SlotView(
            phase=lifecycle.own[0],
            pid=os.getpid(),
            beat_at=lifecycle.beat_at,
            started_at=lifecycle.started_at,
            in_flight=lifecycle.in_flight,
            served=lifecycle.served,
            cut_off=self.cut_off,
            is_healthy=self.is_healthy(),
        )
        self.state.write_slot(self.index, slot)
