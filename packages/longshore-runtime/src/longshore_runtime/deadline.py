"""End the process when its drain overruns the whole budget, whatever the event loop is doing.

A thread does it, so that a blocked loop cannot stop it. It is started at the beginning and waits at
a pipe: a thread must not be started from a signal handler, which may have interrupted the very code
that starts threads.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from longshore_runtime.errors import ExitCode
from longshore_runtime.lifecycle import Phase

if TYPE_CHECKING:
    from longshore_runtime.budget import Budget
    from longshore_runtime.events import EventLog
    from longshore_runtime.lifecycle import Lifecycle


def guard_deadline(lifecycle: Lifecycle, budget: Budget, events: EventLog) -> None:
    """Watch over a lifecycle: from DRAINING on, the process has ``budget.deadline`` seconds."""
    read_end, write_end = os.pipe()

    def on_phase(phase: Phase) -> None:
        if phase is Phase.DRAINING:
            os.write(write_end, b"!")

    def expire() -> None:
        os.read(read_end, 1)
        time.sleep(budget.deadline)
        events.emit(
            "stop",
            f"stopped hard: the drain took longer than {budget.deadline:g} s",
            level="error",
            exit_code=int(ExitCode.PARTIAL),
        )
        os._exit(ExitCode.PARTIAL)

    lifecycle.listeners.append(on_phase)
    threading.Thread(target=expire, name="longshore-deadline", daemon=True).start()
