"""End a process that a supervisor watches, so that nothing of both is left."""

import signal
import time

from longshore.engines.interface import EngineError
from longshore.engines.status import RunFiles, Status

_KILL_WAIT = 5.0
"""Seconds that the kernel gets to end a killed process."""

_LOOK = 0.05
"""Seconds between looks at whom a supervisor watches: a start may have been under way."""


def end(files: RunFiles, *, grace: float) -> None:
    """End a process and its supervisor, which writes down how it ended.

    Args:
        files: of the process.
        grace: seconds after SIGTERM until SIGKILL; 0 for SIGKILL at once.

    Raises:
        EngineError: if the kernel does not end it.
    """
    # The order matters: a supervisor that has not taken the process on by now never will, one that
    # has is in its status, and from here on none starts anything again.
    files.pending.unlink(missing_ok=True)
    files.keep.unlink(missing_ok=True)
    status = Status.read(files.status)
    if status is None:
        return
    if grace > 0:
        deadline = time.monotonic() + grace
        living = status.living()
        for each in living[:1]:  # the supervisor passes it on; without one, the launcher does
            each.send(signal.SIGTERM)
        for each in living:
            each.wait(deadline - time.monotonic())
    _kill(files, status)


def end_supervisor(files: RunFiles) -> None:
    """End a supervisor that leaves its process alone when it gets SIGTERM."""
    end(files, grace=_KILL_WAIT)


def _kill(files: RunFiles, status: Status) -> None:
    """Kill the launcher, give its supervisor time to write that down, then kill that, too."""
    deadline = time.monotonic() + _KILL_WAIT
    while living := status.living():
        is_late = time.monotonic() > deadline
        for each in living:
            if each != status.supervisor or len(living) == 1 or is_late:
                each.send(signal.SIGKILL)
        if is_late and not living[0].wait(_KILL_WAIT):
            msg = f"process {living[0].pid} does not end, not even by SIGKILL"
            hint = "it is probably waiting for a disk or a network share"
            raise EngineError(msg, hint=hint)
        living[0].wait(_LOOK)
        status = Status.read(files.status) or status
