"""Process 1 for any command: forward signals, drain in front of it, reap orphans, pass on the code.

It runs in an interpreter of its own with nothing but a few small modules of the standard library
(``run_command`` replaces the process), which keeps it under 12 MiB.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from longshore_runtime.events import EventLog
from longshore_runtime.shared_state import VARIABLE, SharedState
from longshore_runtime.signal_queue import SignalQueue

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB
if TYPE_CHECKING:
    import socket
    from typing import Any, Final

STOPS: Final = (signal.SIGTERM, signal.SIGINT)
FORWARDED: Final = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTTIN", "SIGTTOU", "SIGWINCH")
)
SAME_WISH: Final = 0.5
SIGNAL_BASE: Final = 128
NOT_RUNNABLE: Final = 78
PARTIAL: Final = 1
START_FAILED: Final = 71
HARD_STOP: Final = 3
WORKERS_FIRST: Final = 3.0
"""Seconds after the start's time-out in which a worker may still say what it was waiting on."""

GIVE_UP_AFTER: Final = 2.0
"""Seconds that a server has to end by itself after its application could not start."""

READY, DRAINING, STOPPING = 1, 2, 3
"""Phases, as in ``lifecycle.Phase``, which is not imported here for its size."""


class Settings:
    """What the supervisor needs to know.

    Args:
        command: the words to run.
        delay: seconds between SIGTERM and passing it on.
        patience: seconds that the command then has until it is killed.
        management_fd: a bound socket to answer health on; -1 is none.
        startup: seconds until a server that we have composed has to take requests.
        boot: what the boot line says of that server; empty for any other command, which counts as
            started once it runs.
    """

    __slots__ = ("boot", "command", "delay", "management_fd", "patience", "startup")

    def __init__(
        self,
        *,
        command: tuple[str, ...],
        delay: float,
        patience: float,
        management_fd: int,
        startup: float = 0.0,
        boot: dict[str, object] | None = None,
    ) -> None:
        self.command = command
        self.delay = delay
        self.patience = patience
        self.management_fd = management_fd
        self.startup = startup
        self.boot = boot or {}

    @property
    def name(self) -> str:
        """What is run, for messages."""
        return str(self.boot.get("server") or self.command[0])


class Supervisor:
    """Run one command to its end.

    Args:
        settings: what to run and how long to wait.
        events: where the lines go.
    """

    def __init__(self, settings: Settings, events: EventLog) -> None:
        self.settings = settings
        self.events = events
        self.state = SharedState.create()
        self.state.phase = 0
        self.pid = 0
        self.status: int | None = None
        self.reason = ""
        self.wishes = 0
        self.killed = False
        self.reaped = 0
        self.failure = 0
        self._last_wish = 0.0
        self._deadline: float | None = None
        self._management: int | None = None
        self._began = time.monotonic()

    def run(self) -> int:
        """Run the command; returns the exit code to end with."""
        self._management = self._open_management()
        queue = SignalQueue((*STOPS, *FORWARDED, signal.SIGCHLD))
        # Whoever became us has blocked them, so that none was lost on the way.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        try:
            self.pid = self._spawn()
        except OSError as error:
            return self._refuse(error)
        if self.settings.boot and self.state.path:
            self._deadline = self._began + self.settings.startup + WORKERS_FIRST
        else:
            self._report_boot()
        self._reap()
        while self.status is None:
            timeout = None if self._deadline is None else self._deadline - time.monotonic()
            for number in queue.wait(timeout):
                self._take(number)
            self._look_at_start()
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._next_stage()
            self._reap()
        return self._report_stop()

    def _look_at_start(self) -> None:
        """Follow what the workers of a server that we have composed say of their start."""
        if self.state.failure and not self.failure and not self.reason:
            self._fail(self.state.failure)
        elif self.state.phase == 0 and self.state.is_ready and not self.failure:
            self._deadline = None
            self._report_boot()

    def _fail(self, code: int) -> None:
        """See to it that the command ends: what it should serve cannot start.

        Most servers do so by themselves; a signal now would only confuse them.
        """
        self.failure = code
        self.state.phase = DRAINING
        self._deadline = time.monotonic() + GIVE_UP_AFTER

    def _spawn(self) -> int:
        environ = dict(os.environ)
        if self.state.path:
            environ[VARIABLE] = self.state.path
        return os.posix_spawnp(
            self.settings.command[0],
            self.settings.command,
            environ,
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
        )

    def _take(self, number: signal.Signals) -> None:
        if number in STOPS:
            self._wish(number)
        elif number != signal.SIGCHLD:
            self._send(number)

    def _wish(self, number: signal.Signals) -> None:
        """Count a wish to stop; several signals within half a second are one wish."""
        now = time.monotonic()
        is_repeat = self.wishes > 0 and now - self._last_wish < SAME_WISH
        self._last_wish = now
        if is_repeat:
            return
        self.wishes += 1
        if self.wishes == 1:
            self.reason = number.name
            self._began = now
            was_ready = self.state.phase == READY
            self.state.phase = DRAINING
            delay = self.settings.delay if was_ready and number != signal.SIGINT else 0.0
            self.events.emit("draining", f"{number.name}: passed on in {delay:g} s", delay_s=delay)
            self._deadline = now + delay
        elif self.wishes == HARD_STOP:
            self._kill()
        elif self.state.phase == DRAINING:
            self._deadline = now
        else:
            self._send(number)

    def _next_stage(self) -> None:
        if self.state.phase == DRAINING:
            self.state.phase = STOPPING
            self._deadline = time.monotonic() + self.settings.patience
            self._send(signal.Signals[self.reason or "SIGTERM"])
        elif self.state.phase == 0:
            self._report_slow_start()
            self.failure = START_FAILED
            self._kill()
        else:
            self._kill()

    def _kill(self) -> None:
        self.killed = True
        self._deadline = None
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.status is None:
            os.kill(self.pid, number)

    def _reap(self) -> None:
        """Collect everything that has ended; as process 1 that includes orphans."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.status = status
            else:
                self.reaped += 1

    def _open_management(self) -> int | None:
        """Answer health from a thread, so that a slow client never delays a signal."""
        if self.settings.management_fd < 0:
            return None
        import socket  # noqa: PLC0415 -- half a MiB that only this needs

        from longshore_runtime.management import ManagementServer  # noqa: PLC0415 -- as above

        listener: socket.socket = socket.socket(fileno=self.settings.management_fd)
        server = ManagementServer(listener, self.answer)
        server.start()
        return server.port

    def answer(self, path: str, verbose: bool) -> tuple[int, bytes] | None:  # noqa: FBT001 -- a callback
        """Answer a health path by what a supervisor can know: runs, and is not being stopped."""
        if path not in {"/livez", "/readyz", "/startupz", "/healthz", "/health"}:
            return None
        is_running = self.pid != 0 and self.status is None
        has_started = self.state.phase >= READY
        is_draining = self.state.phase >= DRAINING
        passed = is_running and (has_started or path == "/livez")
        passed = passed and (path in {"/livez", "/startupz"} or not is_draining)
        body: dict[str, object] = {"status": "pass" if passed else "fail"}
        if not passed:
            body["output"] = "draining" if is_draining else "starting"
        if verbose:
            body["pid"] = self.pid
        return (200 if passed else 503), json.dumps(body).encode()

    def _refuse(self, error: OSError) -> int:
        message = f"cannot run {self.settings.command[0]!r}: {error.strerror}"
        hint = "name an executable file or a command on PATH"
        sys.stderr.write(f"longshore-serve: {message}\n  hint: {hint}\n")
        sys.stderr.flush()
        self.events.emit(
            "failed", message, level="error", cause="config", hint=hint, exit_code=NOT_RUNNABLE
        )
        return NOT_RUNNABLE

    def _report_boot(self) -> None:
        self.state.phase = READY
        facts: dict[str, Any] = {
            "command": list(self.settings.command),
            "budget": {"delay": self.settings.delay, "patience": self.settings.patience},
            **(self.settings.boot or {"message": f"supervising {self.settings.name}"}),
        }
        self.events.emit(
            "boot",
            **facts,
            pid=os.getpid(),
            command_pid=self.pid,
            management_port=self._management,
            startup_ms=round((time.monotonic() - self._began) * 1000),
        )

    def _report_slow_start(self) -> None:
        self.events.emit(
            "failed",
            f"the start took longer than {self.settings.startup:g} s",
            level="error",
            cause="lifespan",
            hint="see what it waits for, or raise LONGSHORE_STARTUP_TIMEOUT",
            exit_code=START_FAILED,
        )

    def _report_stop(self) -> int:
        code = self._exit_code()
        self.events.emit(
            "stop",
            f"{self.settings.name} ended",
            level="info" if code == 0 else "error",
            reason=self._describe_reason(),
            exit_code=code,
            command_code=self._command_code(),
            killed=self.killed,
            orphans_reaped=self.reaped,
            total_ms=round((time.monotonic() - self._began) * 1000),
        )
        return code

    def _describe_reason(self) -> str:
        if self.reason:
            return self.reason
        return "the application cannot start" if self.failure else "the command ended by itself"

    def _command_code(self) -> int:
        """Return the command's code; negative is the signal that ended it."""
        return os.waitstatus_to_exitcode(self.status or 0)

    def _exit_code(self) -> int:
        code = self._command_code()
        if self.failure or (self.state.failure and not self.reason):
            return self.failure or self.state.failure
        if self.killed:
            return PARTIAL
        if self.reason and code in {
            -signal.Signals[self.reason],
            SIGNAL_BASE + signal.Signals[self.reason],
        }:
            # It did what it was asked to: several servers end by the signal after a clean stop.
            return 0
        if code == 0 and self.settings.boot and not self.reason:
            # Some servers call it a success when their workers could not start.
            return PARTIAL if self.state.phase >= READY else START_FAILED
        return SIGNAL_BASE - code if code < 0 else code


def main(argv: list[str]) -> int:
    """Run the supervisor; the words are its settings as JSON, and the command."""
    settings = Settings(command=tuple(argv[1:]), **json.loads(argv[0]))
    return Supervisor(settings, EventLog()).run()
