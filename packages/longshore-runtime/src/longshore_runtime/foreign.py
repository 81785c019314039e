"""The drain under a server that is not ours: hold SIGTERM back, or follow a supervisor.

A server such as uvicorn closes its listeners the moment its own handler runs. The handler is called
after the delay instead; a second signal goes straight through. Servers that take signals through
their event loop cannot be held back: put ``longshore-serve --`` in front of those.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING, Final

from longshore_runtime.budget import read_budget
from longshore_runtime.current import is_supervised
from longshore_runtime.health import registry
from longshore_runtime.health_runner import HealthRunner
from longshore_runtime.lifecycle import Phase
from longshore_runtime.servers import SERVER

if TYPE_CHECKING:
    from types import FrameType

    from longshore_runtime.lifecycle import Lifecycle

POLL: Final = 0.2
"""Seconds between two looks at the supervisor's state."""

HASTY: Final = frozenset({"daphne"})
"""Servers that cancel running requests the moment they are told to stop."""

TICK: Final = 0.02
SETTLE: Final = 0.1


def take_part(lifecycle: Lifecycle) -> asyncio.Task[None] | None:
    """Begin to take part in the drain, in the running event loop; returns a task to keep."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # Another event loop (trio): probes and the announcement still work.
        return None
    if not is_supervised():
        hold_back(lifecycle, loop, read_budget(os.environ).delay)
    elif os.environ.get(SERVER) in HASTY:
        finish_first(lifecycle, loop, read_budget(os.environ).in_flight)
    return loop.create_task(_keep(lifecycle), name="longshore-lifecycle")


def hold_back(lifecycle: Lifecycle, loop: asyncio.AbstractEventLoop, delay: float) -> None:
    """Delay the server's own SIGTERM handler, when it has one that can be called."""
    if threading.current_thread() is not threading.main_thread():
        return
    theirs = signal.getsignal(signal.SIGTERM)
    if not callable(theirs) or getattr(theirs, "__module__", "").startswith(("asyncio", "uvloop")):
        return

    def stop(number: int) -> None:
        if lifecycle.enter(Phase.STOPPING):
            lifecycle.tell_streams()
            theirs(number, None)

    def handle(number: int, frame: FrameType | None) -> None:
        if lifecycle.enter(Phase.DRAINING):
            loop.call_soon_threadsafe(loop.call_later, delay, stop, number)
        else:
            lifecycle.enter(Phase.STOPPING)
            theirs(number, frame)

    signal.signal(signal.SIGTERM, handle)


def finish_first(lifecycle: Lifecycle, loop: asyncio.AbstractEventLoop, limit: float) -> None:
    """Delay the handler of a server that cancels what runs until nothing does, or seconds are over.

    The supervisor has waited for the news to spread by then.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    theirs = signal.getsignal(signal.SIGTERM)
    if not callable(theirs):
        return

    def look(number: int, until: float) -> None:
        if lifecycle.in_flight and loop.time() < until:
            loop.call_later(TICK, look, number, until)
        else:
            # The server has the response by now, and sends it in its next turns.
            loop.call_later(SETTLE, theirs, number, None)

    def handle(number: int, frame: FrameType | None) -> None:
        if lifecycle.enter(Phase.STOPPING):
            lifecycle.tell_streams()
            loop.call_soon_threadsafe(look, number, loop.time() + limit)
        else:
            theirs(number, frame)

    signal.signal(signal.SIGTERM, handle)


def check_in_thread() -> None:
    """Run the checks in a thread of their own, for a server without an event loop."""

    async def run() -> None:
        runner = HealthRunner(registry)
        runner.start()
        await asyncio.Event().wait()

    threading.Thread(
        target=lambda: asyncio.run(run()), name="longshore-checks", daemon=True
    ).start()


async def _keep(lifecycle: Lifecycle) -> None:
    """Beat, run the checks, and tell streams when the supervisor moves on."""
    runner = HealthRunner(registry)
    runner.start()
    while True:
        lifecycle.beat()
        if lifecycle.shared[0] >= Phase.STOPPING:
            lifecycle.tell_streams()
        await asyncio.sleep(POLL)
