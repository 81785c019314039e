"""Serve one application in this process: bind, import, start, drain, exit code."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING

from longshore_runtime.current import is_supervised, process_lifecycle
from longshore_runtime.deadline import guard_deadline
from longshore_runtime.errors import ExitCode, ImportFailedError
from longshore_runtime.listener import bind_socket
from longshore_runtime.management import ManagementServer
from longshore_runtime.prepare import import_application, make_plan
from longshore_runtime.probes import PATHS, answer_probe
from longshore_runtime.proxy import ProxyTrust
from longshore_runtime.report import report_boot, report_stop
from longshore_runtime.service import Service
from longshore_runtime.signals import end_while_starting
from longshore_runtime.start_watch import StartWatch
from longshore_runtime.workers import cap_thread_pools

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from longshore_runtime.events import EventLog
    from longshore_runtime.lifecycle import Lifecycle
    from longshore_runtime.options import Options
    from longshore_runtime.prepare import Plan
    from longshore_runtime.service import Outcome


def serve(options: Options, events: EventLog) -> int:
    """Serve until a signal, in this process or in several; returns the exit code.

    Raises:
        ServeError: the service could not start.
    """
    plan = make_plan(options)
    if plan.workers.count > 1:
        from longshore_runtime.prefork import serve_workers  # noqa: PLC0415 -- several workers only

        return serve_workers(options, plan, events)
    return serve_alone(options, plan, events)


def serve_alone(options: Options, plan: Plan, events: EventLog) -> ExitCode:
    """Serve in this process until a signal; returns the exit code.

    Raises:
        ServeError: the service could not start.
    """
    lifecycle = process_lifecycle()
    if is_supervised():
        # The supervisor in front has waited already when it passes the signal on.
        options = dataclasses.replace(
            options, budget=dataclasses.replace(options.budget, delay=0.0)
        )
    listener = bind_socket(options.host, options.port)
    management = open_management(options, lifecycle)
    requests = end_while_starting(events)
    watch = StartWatch(events, timeout=options.budget.startup)
    watch.start()
    require_server()
    application = import_application(options, plan)

    def on_ready(server: str) -> None:
        cap_thread_pools(asyncio.get_running_loop(), plan.threads.count)
        report_boot(
            events,
            options=options,
            plan=plan,
            application=application,
            lifecycle=lifecycle,
            listener=listener,
            management=management,
            server=server,
        )

    service = Service(
        ProxyTrust(application.asgi, options.trust),
        application=application,
        lifecycle=lifecycle,
        budget=options.budget,
        events=events,
        watch=watch,
        on_ready=on_ready,
        requests=requests,
    )
    guard_deadline(lifecycle, options.budget, events)
    return run_service(service, [listener], events)


def run_service(service: Service, listeners: list[socket.socket], events: EventLog) -> ExitCode:
    """Run the event loop until the drain is over, and end the process if something hangs."""
    with asyncio.Runner(loop_factory=choose_loop()) as runner:
        outcome = runner.run(service.run(listeners))
        finish(service, outcome, events)
        if outcome.code is not ExitCode.OK:
            # Something still runs: joining its threads could take for ever.
            os._exit(outcome.code)
    return outcome.code


def finish(service: Service, outcome: Outcome, events: EventLog) -> None:
    """Flush what is buffered, within its budget, and write the stop line."""
    if not flush(service.budget.flush):
        outcome.problems.append("output could not be flushed in time")
    report_stop(events, service.lifecycle, outcome)


def require_server() -> None:
    """Import the server before the application, whose errors are not about us.

    Raises:
        ImportFailedError: uvicorn is not installed.
    """
    try:
        import uvicorn  # noqa: F401, PLC0415 -- optional
    except ImportError as error:
        msg = f"no server is installed: {error}"
        hint = "add uvicorn to the project's dependencies, or longshore-runtime[uvicorn]"
        raise ImportFailedError(msg, hint=hint) from error


def describe_server() -> str:
    """Return the name and version of the server."""
    import uvicorn  # noqa: PLC0415 -- optional

    return f"uvicorn {uvicorn.__version__}"


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


def flush(timeout: float) -> bool:
    """Flush logging and the standard streams; False when that did not finish in time (seconds)."""

    def work() -> None:
        logging.shutdown()
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            try:
                if stream is not None:
                    stream.flush()
            except (OSError, ValueError):
                # Its reader is gone. The interpreter would try again and end with code 120.
                setattr(sys, name, None)

    thread = threading.Thread(target=work, name="longshore-flush", daemon=True)
    thread.start()
    thread.join(timeout)
    return not thread.is_alive()
