"""Serve one application in this process: bind, import, start, drain, exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, cast

from longshore_runtime import __version__
from longshore_runtime.errors import ExitCode, ImportFailedError, ServeError
from longshore_runtime.events import EventLog
from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.listener import bind_socket
from longshore_runtime.loader import load_target
from longshore_runtime.management import ManagementServer
from longshore_runtime.probes import PATHS, answer_probe
from longshore_runtime.service import Outcome, Service
from longshore_runtime.signals import StopRequests

if TYPE_CHECKING:
    import signal
    import socket
    from collections.abc import Callable

    from longshore_runtime.asgi import ASGIApp
    from longshore_runtime.options import Options


def serve(options: Options) -> ExitCode:
    """Serve until a signal; returns the exit code.

    Raises:
        ServeError: the service could not start.
    """
    lifecycle = Lifecycle()
    events = EventLog()
    listener = bind_socket(options.host, options.port)
    management = open_management(options, lifecycle)
    requests = StopRequests(lambda number, _: stop_while_starting(events, number))
    requests.install()
    app = import_app(options)

    def on_ready(server: str) -> None:
        emit_boot(events, options, lifecycle, listener, server=server, management=management)

    service = Service(
        app,
        lifecycle=lifecycle,
        budget=options.budget,
        events=events,
        has_lifespan=has_lifespan(app),
        on_ready=on_ready,
        requests=requests,
    )
    with asyncio.Runner(loop_factory=choose_loop()) as runner:
        lifecycle.listeners.append(guard_deadline(options, events))
        outcome = runner.run(service.run([listener]))
        flushed = flush(options.budget.flush)
        if not flushed:
            outcome.problems.append("output could not be flushed in time")
        emit_stop(events, lifecycle, outcome)
        if outcome.code is not ExitCode.OK:
            # Something still runs: joining its threads could take for ever.
            os._exit(outcome.code)
    return outcome.code


def stop_while_starting(events: EventLog, number: signal.Signals) -> None:
    """End a process that is told to stop before it took a request.

    As process 1 of a container a signal without a handler would be ignored.
    """
    events.emit("stop", f"stopped by {number.name} while starting", reason=number.name, exit_code=0)
    os._exit(ExitCode.OK)


def import_app(options: Options) -> ASGIApp:
    """Import the application that the options name.

    Raises:
        ImportFailedError: the import failed.
    """
    try:
        found = load_target(options.target)
    except ServeError:
        raise
    except Exception as error:
        msg = f"{options.target}: import failed: {type(error).__name__}: {error}"
        raise ImportFailedError(
            msg,
            hint="the traceback names the line",
            detail=tuple(traceback.format_exception(error)),
        ) from error
    if options.factory and callable(found):
        found = found()
    if not callable(found):
        msg = f"{options.target}: a {type(found).__name__} is not an application"
        raise ImportFailedError(
            msg,
            hint="name the application object, or a function that returns it with --factory",
        )
    return cast("ASGIApp", found)


def has_lifespan(app: object) -> bool:
    """Whether the application's framework always has a lifespan."""
    names = {base.__module__.partition(".")[0] for base in type(app).__mro__}
    return bool(names & {"starlette", "fastapi", "litestar", "quart"})


def choose_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory when it is installed, else None for the standard loop."""
    try:
        import uvloop  # noqa: PLC0415 -- optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def open_management(options: Options, lifecycle: Lifecycle) -> ManagementServer | None:
    """Answer health on the management port, from before the import on."""
    if options.management_port is None:
        return None

    def respond(path: str, verbose: bool) -> tuple[int, bytes] | None:  # noqa: FBT001 -- a callback
        if path not in PATHS:
            return None
        answer = answer_probe(path, lifecycle, verbose=verbose)
        return answer.status, answer.body

    server = ManagementServer(bind_socket(options.host, options.management_port), respond)
    server.start()
    return server


def guard_deadline(options: Options, events: EventLog) -> Callable[[Phase], None]:
    """Return a listener that ends the process when the drain overruns its whole budget.

    It is a thread, so that a blocked event loop cannot stop it.
    """

    def expire() -> None:
        time.sleep(options.budget.deadline)
        events.emit(
            "stop",
            f"stopped hard: the drain took longer than {options.budget.deadline:g} s",
            level="error",
            exit_code=int(ExitCode.PARTIAL),
        )
        os._exit(ExitCode.PARTIAL)

    def on_phase(phase: Phase) -> None:
        if phase is Phase.DRAINING:
            threading.Thread(target=expire, name="longshore-deadline", daemon=True).start()

    return on_phase


def flush(timeout: float) -> bool:
    """Flush logging and the standard streams; False when that did not finish in time (seconds)."""

    def work() -> None:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()

    thread = threading.Thread(target=work, name="longshore-flush", daemon=True)
    thread.start()
    thread.join(timeout)
    return not thread.is_alive()


def emit_boot(
    events: EventLog,
    options: Options,
    lifecycle: Lifecycle,
    listener: socket.socket,
    *,
    server: str,
    management: ManagementServer | None,
) -> None:
    """Write the boot line."""
    host, port = listener.getsockname()[:2]
    budget = options.budget
    events.emit(
        "boot",
        f"serving {options.target} on http://{host}:{port}",
        version=__version__,
        python=sys.version.split()[0],
        app=options.target,
        server=server,
        workers=1,
        pid=os.getpid(),
        host=host,
        port=port,
        management_port=None if management is None else management.port,
        startup_ms=round((time.monotonic() - lifecycle.started_at) * 1000),
        budget={
            "delay": budget.delay,
            "in_flight": budget.in_flight,
            "lifespan": budget.lifespan,
            "flush": budget.flush,
            "grace": budget.grace,
        },
    )


def emit_stop(events: EventLog, lifecycle: Lifecycle, outcome: Outcome) -> None:
    """Write the stop line."""
    entered = lifecycle.entered
    began = entered[Phase.DRAINING]
    stages = {
        phase.name.lower(): round((entered[phase] - began) * 1000)
        for phase in (Phase.STOPPING, Phase.LIFESPAN_STOP, Phase.FLUSH)
        if phase in entered
    }
    events.emit(
        "stop",
        f"stopped after {outcome.reason}",
        level="info" if outcome.code is ExitCode.OK else "error",
        reason=outcome.reason,
        exit_code=int(outcome.code),
        requests=lifecycle.served,
        in_flight=outcome.in_flight,
        streams_told=outcome.told,
        cut_off=outcome.cut_off,
        problems=outcome.problems,
        stages_ms=stages,
        total_ms=round((time.monotonic() - began) * 1000),
    )
