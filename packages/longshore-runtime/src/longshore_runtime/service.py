"""One worker: start the application, serve until told to stop, drain, say how it went."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from typing import TYPE_CHECKING, Any

from longshore_runtime.errors import ExitCode, LifespanError, ServeError
from longshore_runtime.health import registry
from longshore_runtime.health_runner import HealthRunner
from longshore_runtime.lifecycle import Phase
from longshore_runtime.lifespan import Lifespan
from longshore_runtime.own_paths import find_own_paths
from longshore_runtime.wrapper import Wrapped

if TYPE_CHECKING:
    import signal
    import socket
    from collections.abc import Awaitable, Callable

    from longshore_runtime.application import Application
    from longshore_runtime.asgi import ASGIApp
    from longshore_runtime.budget import Budget
    from longshore_runtime.events import EventLog
    from longshore_runtime.lifecycle import Lifecycle
    from longshore_runtime.signals import StopRequests
    from longshore_runtime.start_watch import StartWatch
    from longshore_runtime.uvicorn_server import Listener

TICK = 1.0
"""Seconds between two beats; the date header is renewed with them."""

HARD_STOP = 3
"""The third wish to stop ends the process."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Outcome:
    """How the stop went; becomes the stop line."""

    reason: str = ""
    told: int = 0
    in_flight: int = 0
    cut_off: int = 0
    problems: list[str] = dataclasses.field(default_factory=list)

    @property
    def code(self) -> ExitCode:
        """Whether everything that ran was finished."""
        return ExitCode.PARTIAL if self.cut_off or self.problems else ExitCode.OK


class Service:
    """The application, its server and its lifecycle in one event loop.

    Args:
        app: the ASGI application.
        lifecycle: the state that probes report.
        budget: the limits of start and stop.
        events: where the lines go.
        application: what is inside ``app``.
        watch: told when the application's own start-up begins and ends.
        on_ready: called once when the service takes requests, with the server's version.
        requests: the wishes to stop; from ``run`` on they start the drain.
        speaks: whether this process says what is the same for all workers.
        publish: called once a second and at every change, to tell a supervisor.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        lifecycle: Lifecycle,
        budget: Budget,
        events: EventLog,
        application: Application,
        watch: StartWatch,
        on_ready: Callable[[str], None],
        requests: StopRequests,
        publish: Callable[[], None] = lambda: None,
        speaks: bool = True,
    ) -> None:
        self.lifecycle = lifecycle
        self.budget = budget
        self.events = events
        self.on_ready = on_ready
        self.outcome = Outcome()
        self.lifespan = Lifespan(app, lifecycle, required=application.has_lifespan)
        self.application = application
        self.watch = watch
        self.app = Wrapped(app, lifecycle, gate=self._wait_ready)
        self.health = HealthRunner(registry, events)
        lifecycle.liveness_limit = budget.liveness
        self._requests = requests
        self._publish = publish
        self._speaks = speaks
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_started = False
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ready = asyncio.Event()

    async def run(self, listeners: list[socket.socket]) -> Outcome:
        """Serve on bound sockets until a signal, then drain.

        Raises:
            ServeError: the application did not start.
        """
        from longshore_runtime.uvicorn_server import Listener  # noqa: PLC0415 -- uvicorn is optional

        self._loop = asyncio.get_running_loop()
        self._requests.on_stop = self._on_signal
        server = Listener(self.app)
        await server.open(listeners, self.lifespan.state)
        ticker = asyncio.create_task(self._tick(server.tick))
        try:
            self.watch.enter_startup(self.lifespan.place)
            await self._start()
            await self.health.first_round()
            self.watch.finish()
            # The import or the start-up may have taken the signals for itself.
            self._requests.install()
            self._respect_own_paths()
            if not self._stop.is_set():
                self._has_started = True
                self.app.gate = None
                self.health.start()
                self.lifecycle.enter(Phase.READY)
                self._ready.set()
                self.on_ready(server.version)
                self._publish()
            await self._stop.wait()
            self._ready.set()
            await self._drain(server)
        except ServeError:
            await server.stop_accepting()
            await server.cut_off()
            raise
        finally:
            ticker.cancel()
        return self.outcome

    def _respect_own_paths(self) -> None:
        try:
            own = find_own_paths(self.application.core)
        except Exception as error:
            # Django imports its URLs here: broken ones would be a 500 for every request.
            from longshore_runtime.import_failure import explain_import  # noqa: PLC0415 -- only then

            msg = "the application's routes"
            raise explain_import(msg, error, os.environ) from error
        self.app.own_paths = own
        if own and self._speaks:
            names = ", ".join(sorted(own))
            self.events.emit(
                "own-paths", f"the application answers {names} itself", paths=sorted(own)
            )

    async def _start(self) -> None:
        starting = asyncio.ensure_future(self.lifespan.startup())
        stopping = asyncio.ensure_future(self._stop.wait())
        deadline = self.lifecycle.started_at + self.budget.startup
        try:
            while not starting.done() and not stopping.done():
                left = deadline - time.monotonic()
                if left <= 0:
                    msg = (
                        f"the application did not start within {self.budget.startup:g} s: "
                        f"still waiting on {self.watch.describe()}"
                    )
                    hint = "see what it waits for, or raise LONGSHORE_STARTUP_TIMEOUT"
                    self.lifespan.cancel()
                    raise LifespanError(msg, hint=hint)
                await asyncio.wait(
                    (starting, stopping), timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
            if starting.done():
                starting.result()
        finally:
            starting.cancel()
            stopping.cancel()

    async def _drain(self, server: Listener) -> None:
        is_waiting = self._has_started and self.outcome.reason != "SIGINT"
        delay = self.budget.delay if is_waiting else 0.0
        await self._within(delay, self._hurry.wait())
        self.lifecycle.enter(Phase.STOPPING)
        self.health.stop()
        self.outcome.told = self.lifecycle.tell_streams()
        await server.stop_accepting()
        server.close_idle()
        finishing = asyncio.ensure_future(server.finish_requests())
        hurry = asyncio.ensure_future(self._hurry.wait())
        await asyncio.wait(
            (finishing, hurry),
            timeout=self.budget.in_flight,
            return_when=asyncio.FIRST_COMPLETED,
        )
        hurry.cancel()
        if not finishing.done():
            finishing.cancel()
            self.outcome.cut_off = await server.cut_off()
        self.lifecycle.enter(Phase.LIFESPAN_STOP)
        await self._stop_lifespan()
        self.lifecycle.enter(Phase.FLUSH)

    async def _stop_lifespan(self) -> None:
        if not self._has_started:
            # It was told to stop while it started: there is nothing to shut down in good order.
            self.lifespan.cancel()
            return
        stopping = asyncio.ensure_future(self.lifespan.shutdown())
        done, _ = await asyncio.wait((stopping,), timeout=self.budget.lifespan)
        if done:
            problem = stopping.result()
        else:
            stopping.cancel()
            self.lifespan.cancel()
            problem = f"the application's shutdown took longer than {self.budget.lifespan:g} s"
        if problem:
            self.outcome.problems.append(problem)

    async def _tick(self, tick: Callable[[], Awaitable[None]]) -> None:
        pause = min(TICK, self.budget.liveness / 4)
        while True:
            self.lifecycle.beat()
            self._publish()
            await asyncio.sleep(pause)
            await tick()

    async def _wait_ready(self) -> dict[str, Any] | None:
        await self._ready.wait()
        return self.lifespan.state if self._has_started else None

    async def _within(self, seconds: float, waiting: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError:
            return

    def _on_signal(self, number: signal.Signals, count: int) -> None:
        if count >= HARD_STOP:
            os._exit(ExitCode.PARTIAL)
        if count == 1:
            self.outcome.reason = number.name
            self.outcome.in_flight = self.lifecycle.in_flight
            self.lifecycle.enter(Phase.DRAINING)
        wake = self._stop.set if count == 1 else self._hurry.set
        if self._loop is not None:
            self._loop.call_soon_threadsafe(wake)
