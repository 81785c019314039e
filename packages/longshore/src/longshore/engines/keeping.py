"""What the supervisors of both engines do: watch one process, and start it again by its rule.

A supervisor is a small program of its own, so that a service goes on without ours. Whoever takes a
process down removes its rule first; from then on nothing is started, and at most one start that
was under way is still to come, which the supervisor has written down before it ends.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from longshore.engines.identity import ProcessIdentity
from longshore.engines.restart import Ending
from longshore.engines.status import RunFiles, Status
from longshore.errors import LongshoreError

SPAWN_FAILED = 126


class Watched(Protocol):
    """One start of a process."""

    @property
    def identity(self) -> ProcessIdentity | None:
        """What is written down about it: whoever ends that ends everything inside."""

    def wait(self, interruption: "Interruption") -> Ending | None:
        """Wait until nothing of it is left; ``None`` to leave it alone after an interruption."""


class Interruption:
    """SIGTERM as something that can be waited for together with other things.

    The signal is expected to be blocked; one that came meanwhile is heeded now.
    """

    def __init__(self) -> None:
        self._reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.is_requested = False
        signal.set_wakeup_fd(writer)
        signal.signal(signal.SIGTERM, self._note)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def wait(self, descriptor: int | None = None, *, seconds: float | None = None) -> None:
        """Wait until a descriptor is readable or the time is over; at once after the signal."""
        poll = select.poll()
        if not self.is_requested:
            poll.register(self._reader, select.POLLIN)
        elif descriptor is None:
            return
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
        with suppress(BlockingIOError):
            os.read(self._reader, 512)

    def _note(self, _number: int, _frame: object) -> None:
        self.is_requested = True


def watch_over(
    watched: Watched,
    again: Callable[[], Watched],
    *,
    files: RunFiles,
    status: Status,
    interruption: Interruption,
) -> None:
    """Watch a process until it has ended and is not started again, and write everything down.

    Args:
        watched: its first start.
        again: starts it again.
        files: the rule, and where the status goes.
        status: as it was written last.
        interruption: ends all this once the process has ended.
    """
    row = 0
    while True:
        begun = time.monotonic()
        ending = watched.wait(interruption)
        if ending is None:
            return
        rule = None if interruption.is_requested else files.rule(run_id=status.run_id)
        row = 0 if rule is None else rule.row(row, ran_for=time.monotonic() - begun)
        pause = None if rule is None else rule.pause(ending, row=row)
        if pause is None:
            status.ended(ending.exit_code, error=ending.error).write(files.status)
            return
        status = status.restarting(ending, pause=pause)
        status.write(files.status)
        interruption.wait(seconds=pause)
        if interruption.is_requested or files.rule(run_id=status.run_id) is None:
            status.ended(ending.exit_code, error=ending.error).write(files.status)
            return
        watched = _start(again)
        status = replace(status, process=watched.identity)
        status.write(files.status)


def _start(again: Callable[[], Watched]) -> Watched:
    try:
        return again()
    except LongshoreError as error:
        return _Failed(error.message)


class _Failed:
    """A start that failed, which counts as an end."""

    identity = None

    def __init__(self, reason: str) -> None:
        self._ending = Ending(exit_code=SPAWN_FAILED, error=reason)

    def wait(self, interruption: Interruption) -> Ending:
        """Return why."""
        del interruption
        return self._ending


def detach() -> None:
    """Leave the caller for good, with SIGTERM blocked; the caller made a session for this."""
    os.chdir("/")
    os.umask(0o077)
    if os.fork():  # the caller waits for this one only
        os._exit(0)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def close_streams() -> None:
    """Let go of the standard streams: whoever started us must not wait for our end."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def take_on(files: RunFiles, *, run_id: str) -> Status | None:
    """Write down who watches a process; return ``None`` where somebody has called that off.

    The caller left a ``.pending`` file. Whoever removes it decides: this supervisor, once its own
    identity is written down, or somebody who cleans up after a killed caller.
    """
    own = ProcessIdentity.of(os.getpid())
    if own is None:
        return None
    status = Status(run_id=run_id, supervisor=own)
    status.write(files.status)
    try:
        files.pending.unlink()
    except FileNotFoundError:
        return None
    return status
