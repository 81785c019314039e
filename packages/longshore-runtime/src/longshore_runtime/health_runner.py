"""Run the checks in the background, each at its own pace, never two runs of one at a time."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.events import EventLog
    from longshore_runtime.health import Registry, Verdict

RETRY: Final = 1.0
"""Seconds until a failing check runs again, where its own interval is longer."""


class HealthRunner:
    """Keep the verdicts of a registry fresh, in the running event loop.

    Args:
        registry: whose checks.
        events: where a change of a verdict is written; None is nowhere.
    """

    def __init__(self, registry: Registry, events: EventLog | None = None) -> None:
        self.registry = registry
        self.events = events
        self._tasks: list[asyncio.Task[None]] = []

    async def first_round(self) -> None:
        """Run every check once, side by side, so that readiness starts from facts."""
        await asyncio.gather(*(self._run(each) for each in self.registry.verdicts.values()))

    def start(self) -> None:
        """Run the checks from now on, until ``stop``."""
        self._tasks = [
            asyncio.get_running_loop().create_task(self._repeat(each))
            for each in self.registry.verdicts.values()
        ]

    def stop(self) -> None:
        """Stop running checks."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _repeat(self, verdict: Verdict) -> None:
        while True:
            if verdict.is_passing is not None:
                every = verdict.check.every
                await asyncio.sleep(every if verdict.is_passing else min(every, RETRY))
            await self._run(verdict)

    async def _run(self, verdict: Verdict) -> None:
        began = time.monotonic()
        before = verdict.is_passing
        output = ""
        try:
            async with asyncio.timeout(verdict.check.timeout):
                result = await call(verdict.check.run)
            if result is False:
                output = "returned False"
        except TimeoutError:
            output = f"took longer than {verdict.check.timeout:g} s"
        except Exception as error:  # noqa: BLE001 -- whatever the application's check raises
            output = type(error).__name__
        now = time.monotonic()
        verdict.record(passed=not output, output=output, took=now - began, now=now)
        is_news = verdict.is_passing != before and not (before is None and verdict.is_passing)
        if self.events is not None and is_news:
            self._report(self.events, verdict)

    def _report(self, events: EventLog, verdict: Verdict) -> None:
        word = "passes" if verdict.is_passing else "fails"
        events.emit(
            "check",
            f"check {verdict.check.name!r} {word}",
            level="info" if verdict.is_passing else "error",
            check=verdict.check.name,
            critical=verdict.check.critical,
            output=verdict.output,
        )


async def call(function: Callable[[], Any]) -> Any:
    """Call a check: await it, or run it in a thread of its own that may be left behind."""
    if inspect.iscoroutinefunction(function):
        return await function()
    result = await _in_thread(function)
    return await result if inspect.isawaitable(result) else result


async def _in_thread(function: Callable[[], Any]) -> Any:
    """Run a blocking function outside the application's pools, which it must not exhaust."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result, problem = None, None
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 -- raised again in the event loop
            problem = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=work, name="longshore-check", daemon=True).start()
    return await future
