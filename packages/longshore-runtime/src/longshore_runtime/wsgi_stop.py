"""SIGTERM under a WSGI server that has no handler for it: finish what runs, then end by it.

waitress and the like are killed by the signal's default action, requests and all. Where that is
the action in force when the application is wrapped, the signal is held back: for the drain's
delay, unless a supervisor has waited already, and until the requests that run are answered.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

from longshore_runtime.budget import read_budget
from longshore_runtime.current import is_supervised
from longshore_runtime.lifecycle import Phase

if TYPE_CHECKING:
    from types import FrameType

    from longshore_runtime.lifecycle import Lifecycle

SIGNAL_BASE: Final = 128
POLL: Final = 0.02
SETTLE: Final = 0.2
"""Seconds in which the server sends what the application has finished."""


def hold_back_default(lifecycle: Lifecycle) -> bool:
    """Take SIGTERM over where nobody else has; returns whether that was so.

    A process that was never asked anything, such as a script that imports the application, ends at
    once, as it would without us.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return False

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- the handler's signature
        if lifecycle.was_asked and lifecycle.enter(Phase.DRAINING):
            threading.Thread(target=_finish, args=(lifecycle,), daemon=True).start()
        else:
            _end()

    signal.signal(signal.SIGTERM, handle)
    return True


def _finish(lifecycle: Lifecycle) -> None:
    """Wait as long as the budget allows, then end by the signal."""
    budget = read_budget(os.environ)
    time.sleep(0.0 if is_supervised() else budget.delay)
    deadline = time.monotonic() + budget.in_flight
    while lifecycle.in_flight and time.monotonic() < deadline:
        time.sleep(POLL)
    time.sleep(SETTLE)
    _end()


def _end() -> None:
    """End with the code that the signal's default action would leave; callable from any thread."""
    os._exit(SIGNAL_BASE + signal.SIGTERM)
