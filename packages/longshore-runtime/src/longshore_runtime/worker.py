"""One forked worker: the same service as a single process, told what to do by its supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from longshore_runtime.deadline import guard_deadline
from longshore_runtime.errors import ExitCode, ServeError
from longshore_runtime.health import FAIL, registry
from longshore_runtime.lifecycle import Lifecycle
from longshore_runtime.prepare import import_application
from longshore_runtime.proxy import ProxyTrust
from longshore_runtime.report import report_failure
from longshore_runtime.serve import choose_loop, flush
from longshore_runtime.service import Service
from longshore_runtime.shared_state import SharedState, SlotWriter
from longshore_runtime.signals import end_while_starting
from longshore_runtime.start_watch import StartWatch
from longshore_runtime.workers import cap_thread_pools

if TYPE_CHECKING:
    import socket

    from longshore_runtime.application import Application
    from longshore_runtime.events import EventLog
    from longshore_runtime.options import Options
    from longshore_runtime.prepare import Plan


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every worker of a service has in common.

    Attributes:
        application: imported before the fork; None lets the worker import it.
    """

    options: Options
    plan: Plan
    listener: socket.socket
    state: SharedState
    application: Application | None
    events: EventLog


def run_worker(job: Job, index: int) -> NoReturn:
    """Be a worker until told to stop; ends the process without the parent's clean-up."""
    code: int = ExitCode.IMPORT
    try:
        code = _serve(job, index)
    except ServeError as error:
        report_failure(job.events, error)
        code = error.code
    finally:
        flush(job.options.budget.flush)
        # The parent's atexit handlers and buffers are the parent's.
        os._exit(code)


def _serve(job: Job, index: int) -> int:
    lifecycle = Lifecycle(job.state.phase_view())
    writer = SlotWriter(job.state, index, lifecycle, is_healthy=lambda: registry.status() != FAIL)
    parent = os.getppid()

    def publish() -> None:
        writer.publish()
        if os.getppid() != parent and not lifecycle.is_draining:
            # The supervisor is gone: nobody would ever stop us.
            signal.raise_signal(signal.SIGTERM)

    # The supervisor has waited already when it tells us to stop.
    budget = dataclasses.replace(job.options.budget, delay=0.0)
    requests = end_while_starting(job.events)
    watch = StartWatch(job.events, timeout=budget.startup)
    watch.start()
    application = job.application or import_application(job.options, job.plan)

    def on_ready(server: str) -> None:
        del server
        cap_thread_pools(asyncio.get_running_loop(), job.plan.threads.count)

    service = Service(
        ProxyTrust(application.asgi, job.options.trust),
        application=application,
        lifecycle=lifecycle,
        budget=budget,
        events=job.events,
        watch=watch,
        on_ready=on_ready,
        requests=requests,
        publish=publish,
        speaks=index == 0,
    )
    guard_deadline(lifecycle, budget, job.events)
    runner = asyncio.Runner(loop_factory=choose_loop())
    outcome = runner.run(service.run([job.listener.dup()]))
    writer.cut_off = outcome.cut_off
    writer.publish()
    for problem in outcome.problems:
        job.events.emit("problem", problem, level="error", worker=index)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    return outcome.code
