"""Process 1 of a service with several workers: preload, fork, watch, drain in front of them.

The workers share one listening socket, so a worker that dies loses no connection that waits in its
queue. This process starts no thread before it forks.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final

from longshore_runtime import preload
from longshore_runtime.errors import ExitCode
from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.listener import bind_socket, start_listening
from longshore_runtime.management import ManagementServer
from longshore_runtime.prepare import import_application
from longshore_runtime.probes import LIVE, PATHS, STARTUP, render_answer
from longshore_runtime.report import report_workers_boot, report_workers_stop
from longshore_runtime.serve import require_server
from longshore_runtime.shared_state import SharedState
from longshore_runtime.signal_queue import SignalQueue
from longshore_runtime.signals import SAME_WISH, STOP_SIGNALS, end_while_starting
from longshore_runtime.start_watch import StartWatch
from longshore_runtime.worker import Job, run_worker
from longshore_runtime.worker_pool import WorkerPool

if TYPE_CHECKING:
    from longshore_runtime.application import Application
    from longshore_runtime.events import EventLog
    from longshore_runtime.options import Options
    from longshore_runtime.prepare import Plan

TICK: Final = 1.0
"""Seconds between two looks at the workers when nothing happens."""

STARTING_TICK: Final = 0.05
"""The same while the service starts."""

HARD_STOP: Final = 3


class Prefork:
    """A service of several workers.

    Args:
        options: what to serve.
        plan: how many workers, and why.
        events: where the lines go.
    """

    def __init__(self, options: Options, plan: Plan, events: EventLog) -> None:
        self.options = options
        self.plan = plan
        self.events = events
        self.lifecycle = Lifecycle()
        self.state = SharedState.create(plan.workers.count)
        self.listener = bind_socket(options.host, options.port)
        self.management = self._open_management()
        self.application: Application | None = None
        self.reason = ""
        self.wishes = 0
        self.in_flight = 0
        self.killed = 0
        self._last_wish = 0.0
        self._deadline: float | None = None

    def run(self) -> int:
        """Serve until told to stop; returns the exit code.

        Raises:
            ServeError: the service could not start.
        """
        end_while_starting(self.events)
        require_server()
        job = self._make_job()
        self.queue = SignalQueue((*STOP_SIGNALS, signal.SIGCHLD, signal.SIGHUP))
        start_listening(self.listener)

        def start(index: int) -> None:
            self.queue.release()
            run_worker(job, index)

        self.pool = WorkerPool(
            self.plan.workers.count,
            state=self.state,
            start=start,
            events=self.events,
            liveness_limit=self.options.budget.liveness,
        )
        self.pool.fill()
        while True:
            self._wait()
            verdict = self.pool.reap()
            if verdict is not None:
                return self._give_up(verdict)
            if self.pool.is_stopping and not self.pool.running:
                return self._finish()
            self._look_after()

    def _make_job(self) -> Job:
        application = None
        if preload.is_wanted(os.environ):
            watch = StartWatch(self.events, timeout=self.options.budget.startup)
            watch.start()
            try:
                application = import_application(self.options, self.plan)
            finally:
                watch.finish()
            obstacle = preload.find_obstacle()
            if obstacle:
                preload.start_over(obstacle)
            preload.freeze()
        self.application = application
        return Job(
            options=self.options,
            plan=self.plan,
            listener=self.listener,
            state=self.state,
            application=application,
            events=self.events,
        )

    def _wait(self) -> None:
        times = [time.monotonic() + (TICK if self.pool.was_ready else STARTING_TICK)]
        times += [at for at in (self._deadline, self.pool.next_event_at()) if at is not None]
        readable = None if self.management is None else self.management.listener.fileno()
        signals = self.queue.wait(min(times) - time.monotonic(), readable)
        if self.management is not None:
            self.management.answer_one()
        for number in signals:
            if number in STOP_SIGNALS:
                self._wish(number)

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._next_stage()
        self.pool.fill()
        self.pool.kill_stuck()
        was_ready = self.pool.was_ready
        self.pool.count_ready()
        if self.pool.was_ready and not was_ready and self.lifecycle.enter(Phase.READY):
            report_workers_boot(self)

    def _wish(self, number: signal.Signals) -> None:
        now = time.monotonic()
        is_repeat = self.wishes > 0 and now - self._last_wish < SAME_WISH
        self._last_wish = now
        if is_repeat:
            return
        self.wishes += 1
        if self.wishes == 1:
            self._begin_drain(number)
        elif self.wishes >= HARD_STOP:
            self._kill()
        elif self.lifecycle.phase is Phase.DRAINING:
            self._deadline = now
        else:
            self.pool.send(signal.SIGTERM)

    def _begin_drain(self, number: signal.Signals) -> None:
        self.reason = number.name
        was_ready = self.lifecycle.phase is Phase.READY
        self.lifecycle.enter(Phase.DRAINING)
        self.state.phase = Phase.DRAINING
        slots = [self.state.read_slot(seat.index) for seat in self.pool.running]
        self.in_flight = sum(slot.in_flight for slot in slots)
        waits = was_ready and number != signal.SIGINT
        self._deadline = time.monotonic() + (self.options.budget.delay if waits else 0.0)

    def _next_stage(self) -> None:
        if self.lifecycle.phase is not Phase.DRAINING:
            self._kill()
            return
        self.lifecycle.enter(Phase.STOPPING)
        self.state.phase = Phase.STOPPING
        self.pool.is_stopping = True
        # Kept open, our copy would let clients connect to a queue that nobody serves.
        self.listener.close()
        budget = self.options.budget
        self._deadline = time.monotonic() + max(budget.deadline - budget.delay, 0.1)
        self.pool.send(signal.SIGTERM)

    def _kill(self) -> None:
        self.pool.is_stopping = True
        self._deadline = None
        self.killed += len(self.pool.running)
        self.pool.send(signal.SIGKILL)

    def _give_up(self, code: int) -> int:
        self.pool.is_stopping = True
        self.pool.send(signal.SIGKILL)
        self.events.emit(
            "failed",
            f"the workers of {self.options.target} cannot start or do not stay up",
            level="error",
            cause="worker",
            hint="the lines before this one say why",
            exit_code=code,
        )
        return code

    def _finish(self) -> int:
        is_clean = not self.killed and not any(self.pool.codes)
        code = ExitCode.OK if is_clean else ExitCode.PARTIAL
        report_workers_stop(self, code)
        sys.stdout.flush()
        return code

    def _open_management(self) -> ManagementServer | None:
        if self.options.management_port is None:
            return None
        server = ManagementServer(
            bind_socket(self.options.host, self.options.management_port), self._answer
        )
        server.listener.listen(16)
        server.listener.setblocking(False)  # noqa: FBT003 -- the standard library's signature
        return server

    def _answer(self, path: str, verbose: bool) -> tuple[int, bytes] | None:  # noqa: FBT001 -- a callback
        if path not in PATHS:
            return None
        ready = self.pool.count_ready()
        if path == LIVE:
            passed, reason = self.pool.count_alive() > 0, "every worker is stuck"
        elif path == STARTUP:
            passed, reason = self.pool.was_ready, "starting"
        else:
            passed = ready > 0 and self.lifecycle.phase is Phase.READY
            reason = self.lifecycle.phase.name.lower()
        details: dict[str, object] = {"workers_ready": ready} if verbose else {}
        answer = render_answer(passed=passed, reason="" if passed else reason, details=details)
        return answer.status, answer.body


def serve_workers(options: Options, plan: Plan, events: EventLog) -> int:
    """Serve with several workers until a signal; returns the exit code.

    Raises:
        ServeError: the service could not start.
    """
    return Prefork(options, plan, events).run()
