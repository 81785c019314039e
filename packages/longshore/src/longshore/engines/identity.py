"""Identities of processes that survive the reuse of their number (proc(5), ``/proc/pid/stat``)."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

PROC = Path("/proc")
_STATE, _STARTTIME = 0, 19  # fields 3 and 22, counted after the command's closing parenthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process of this machine.

    Args:
        pid: its number, which another process may get later.
        start: when it started, in clock ticks after boot.
        boot: which boot of the machine.
    """

    pid: int
    start: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Return the identity of a living process, or ``None`` where there is none."""
        fields = _stat(pid)
        if fields is None:
            return None
        return cls(pid=pid, start=int(fields[_STARTTIME]), boot=_boot_id())

    @classmethod
    def from_json(cls, document: Any) -> Self | None:
        """Read what ``to_json`` wrote; ``None`` for anything else."""
        try:
            return cls(
                pid=int(document["pid"]),
                start=int(document["start"]),
                boot=str(document["boot"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)

    @property
    def is_alive(self) -> bool:
        """Whether exactly this process still runs; a zombie does not."""
        return ProcessIdentity.of(self.pid) == self

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to exactly this process; return whether it was there.

        The number can't be reused between the check and the signal: a pidfd pins it.
        """
        with self._pinned() as descriptor:
            if descriptor is None:
                return False
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            return True

    def wait(self, seconds: float) -> bool:
        """Wait until the process has ended; return whether it has within that time."""
        with self._pinned() as descriptor:
            if descriptor is None:
                return True
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(max(seconds, 0) * 1000))

    @contextmanager
    def _pinned(self) -> Iterator[int | None]:
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            yield None
            return
        try:
            yield descriptor if self.is_alive else None
        finally:
            os.close(descriptor)


def _stat(pid: int) -> list[str] | None:
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else fields


def _boot_id() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # a hardened container may hide it: pid and start time still tell
        return ""
