"""The start of an application under a server that is not ours, behind the supervisor.

Servers of the field answer a failed import with a traceback, take a failed start-up for "has none",
or start the worker again and again. Here the failure is explained as everywhere else, its code is
left in the supervisor's page, and the worker ends; the supervisor ends the rest.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final, NoReturn

from longshore_runtime.application import WITH_LIFESPAN, find_core, framework_of
from longshore_runtime.current import supervisor_state
from longshore_runtime.events import EventLog
from longshore_runtime.start_watch import StartWatch
from longshore_runtime.traceback_frames import awaiting_place
from longshore_runtime.wrapper import MARK, Wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.asgi import ASGIApp, Message, Receive, Scope, Send
    from longshore_runtime.errors import ServeError
    from longshore_runtime.lifecycle import Lifecycle

WORKER_CODES: Final = {"gunicorn": 3}
"""Codes of a worker after which its server gives up instead of starting another one."""


class Guest(Wrapped):
    """A wrapped ASGI application whose failed start-up ends the service.

    Args:
        app: the application.
        lifecycle: the state to report and to follow.
        server: the name of the server around it.
        watch: told when the application's own start-up begins and ends.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, server: str, watch: StartWatch) -> None:
        super().__init__(app, lifecycle)
        self.server = server
        self.watch = watch
        self.required = framework_of(find_core(app)) in WITH_LIFESPAN

    async def _serve_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow the application's start; one that does not take part is ready at once."""
        scope[MARK] = self.lifecycle
        start = Startup(receive, send, self._take_part)
        running = self.app(scope, start.listen, start.pass_on)
        self.watch.enter_startup(lambda: awaiting_place(running))
        try:
            await running
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if start.is_over:
                raise
            if start.was_asked or self.required:
                self._fail(error, start.failure)
            self._take_part()
            raise
        finally:
            if start.is_over and self._keeper is not None:
                self._keeper.cancel()
                self._keeper = None
        if start.failure is not None:
            self._fail(None, start.failure)
        if not start.is_over:
            self._take_part()

    def _take_part(self) -> None:
        super()._take_part()
        self.watch.finish()
        announce_ready()

    def _fail(self, error: BaseException | None, failure: str | None) -> NoReturn:
        from longshore_runtime.lifespan import explain_startup  # noqa: PLC0415 -- only then

        fail_start(explain_startup(error, failure or ""), self.server)


class GuestWatch(StartWatch):
    """Watches the start of a worker, and ends the service where it takes too long.

    Args:
        server: the name of the server around it.
        timeout: seconds that the start may take.
    """

    def __init__(self, server: str, *, timeout: float) -> None:
        super().__init__(EventLog(), timeout=timeout)
        self.server = server

    def give_up(self, message: str) -> None:
        """Say what the start was waiting on, unless another worker has, and end the process."""
        if claim_failure(int(self.code)):
            super().give_up(message)
        os._exit(WORKER_CODES.get(self.server, int(self.code)))


class Startup:
    """The messages between a server and an application that starts.

    Args:
        receive: the server's.
        send: the server's.
        on_started: called when the application says that it has started.

    Attributes:
        is_over: whether it has.
        was_asked: whether it has looked at what the server says: it takes part.
        failure: what it says of its failure, if it does.
    """

    def __init__(self, receive: Receive, send: Send, on_started: Callable[[], None]) -> None:
        self.receive = receive
        self.send = send
        self.on_started = on_started
        self.is_over = False
        self.was_asked = False
        self.failure: str | None = None

    async def listen(self) -> Message:
        """Return the server's next message."""
        self.was_asked = True
        return await self.receive()

    async def pass_on(self, message: Message) -> None:
        """Pass a message on to the server, except that the start has failed.

        Frameworks report the failure and then raise it, which says more.
        """
        if message["type"] == "lifespan.startup.failed":
            self.failure = str(message.get("message", ""))
            return
        if message["type"] == "lifespan.startup.complete":
            self.is_over = True
            self.on_started()
        await self.send(message)


def announce_ready() -> None:
    """Tell the supervisor that requests are taken."""
    state = supervisor_state()
    if state is not None:
        state.announce_ready()


def claim_failure(code: int) -> bool:
    """Tell the supervisor that the start has failed; whether this worker is the one to say why."""
    state = supervisor_state()
    return state is None or state.announce_failure(code)


def fail_start(error: ServeError, server: str) -> NoReturn:
    """Report a failed start and end this worker; of several that fail alike, one reports."""
    from longshore_runtime.report import report_failure  # noqa: PLC0415 -- only when it fails

    if claim_failure(int(error.code)):
        report_failure(EventLog(), error)
    # Past the server's own handlers, which would print a traceback of ours.
    os._exit(WORKER_CODES.get(server, int(error.code)))
