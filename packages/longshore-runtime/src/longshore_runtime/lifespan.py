"""Run an application's lifespan: required where the application has one, bounded at both ends.

Specification: https://asgi.readthedocs.io/en/latest/specs/lifespan.html. Servers' own "auto" mode
takes any exception before ``startup.complete`` for "unsupported" and serves a half-started
application; here an application that has received ``lifespan.startup`` speaks the protocol.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

from longshore_runtime.errors import LifespanError, ServeError
from longshore_runtime.wrapper import MARK

if TYPE_CHECKING:
    from longshore_runtime.asgi import ASGIApp, Message
    from longshore_runtime.lifecycle import Lifecycle
    from longshore_runtime.traceback_frames import Place

EXPLAIN_WAIT: Final = 1.0
"""Seconds that an application has to raise what it reported as failed."""


class Lifespan:
    """One run of an application's lifespan.

    Args:
        app: the application.
        lifecycle: left in the scope, so that an inner wrapper steps aside.
        required: an exception before the application looked at the protocol is a failure too.

    Attributes:
        state: what the application put into ``scope["state"]``; requests get a copy.
        is_supported: whether the application takes part; known after ``startup``.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, *, required: bool) -> None:
        self.app = app
        self.lifecycle = lifecycle
        self.required = required
        self.state: dict[str, Any] = {}
        self.is_supported = True
        self.task: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._received = False
        self._failure: str | None = None
        self._error: BaseException | None = None

    async def startup(self) -> None:
        """Start the application; returns when it is ready for requests.

        Raises:
            LifespanError: the application failed to start.
            SettingsError: it failed because of its settings.
        """
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self.task = asyncio.get_running_loop().create_task(self._run(), name="longshore-lifespan")
        await self._started.wait()
        if self._failure is None and self._error is None:
            return
        # Frameworks report the failure and then raise it: the exception says more.
        await asyncio.wait((self.task,), timeout=EXPLAIN_WAIT)
        if self._failure is None and not self._received and not self.required:
            self.is_supported = False
            return
        error = explain_startup(self._error, self._failure or "")
        raise error from self._error

    async def shutdown(self) -> str:
        """Stop the application; returns what went wrong, or an empty string."""
        if not self.is_supported or self.task is None or self.task.done():
            return "" if self._error is None or not self.is_supported else repr(self._error)
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await self._stopped.wait()
        if self._failure is not None:
            return self._failure or "the application reported a failed shutdown"
        return "" if self._error is None else repr(self._error)

    def cancel(self) -> None:
        """Give up on the application."""
        if self.task is not None:
            self.task.cancel()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
            MARK: self.lifecycle,
        }
        try:
            await self.app(scope, self._receive, self._send)
        except asyncio.CancelledError as error:
            self._error = error
            raise
        except BaseException as error:  # noqa: BLE001 -- reported by startup() or shutdown()
            self._error = error
        finally:
            self._started.set()
            self._stopped.set()

    async def _receive(self) -> Message:
        self._received = True
        return await self._inbox.get()

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            self._failure = str(message.get("message", ""))
        if kind.startswith("lifespan.startup."):
            self._started.set()
        elif kind.startswith("lifespan.shutdown."):
            self._stopped.set()

    def place(self) -> Place | None:
        """Return the application's line that its start or stop is waiting at."""
        from longshore_runtime.traceback_frames import awaiting_place  # noqa: PLC0415 -- slow starts only

        return None if self.task is None else awaiting_place(self.task.get_coro())


def explain_startup(error: BaseException | None, failure: str) -> ServeError:
    """Return the error to show for a start-up that failed.

    Args:
        error: what the application raised, if it did.
        failure: the message of ``lifespan.startup.failed``.
    """
    if error is None:
        lines = failure.splitlines()
        cause = lines[-1].strip() if lines else "it gave no reason"
        detail: tuple[str, ...] = ()
    else:
        # Imported when a start has failed: other starts do not pay for it.
        from longshore_runtime.import_failure import describe  # noqa: PLC0415
        from longshore_runtime.settings import explain_settings_error  # noqa: PLC0415
        from longshore_runtime.traceback_frames import render_places  # noqa: PLC0415

        settings = explain_settings_error(error, os.environ)
        if settings is not None:
            return settings
        cause = describe(error)
        detail = render_places(error)
    return LifespanError(
        f"the application failed to start: {cause}",
        hint="it was not ready and took no request; correct the cause and start again",
        detail=detail,
    )
