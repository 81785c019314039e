"""Signals as a queue that a supervisor waits on, together with sockets and a time-out.

Handlers only write the signal's number into a pipe (``signal.set_wakeup_fd``), so nothing of the
supervisor is ever interrupted half-way, however many signals arrive.
"""

from __future__ import annotations

import os
import select
import signal

TYPE_CHECKING = False  # not from typing, whose import costs a supervisor 0.8 MiB
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType
    from typing import Final

CHUNK: Final = 4096


class SignalQueue:
    """Take over signals of this process.

    Args:
        numbers: the signals to queue.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self.numbers = tuple(numbers)
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in self.numbers:
            signal.signal(number, _note)

    def wait(self, timeout: float | None, readable: int | None = None) -> list[signal.Signals]:
        """Wait for signals, for a descriptor to become readable, or for the time to pass.

        Args:
            timeout: seconds; None waits for ever.
            readable: a further descriptor, such as a listening socket's.

        Returns:
            The signals that arrived, in order; empty when something else happened.
        """
        poller = select.poll()
        poller.register(self._read, select.POLLIN)
        if readable is not None:
            poller.register(readable, select.POLLIN)
        poller.poll(None if timeout is None else max(timeout, 0) * 1000)
        try:
            return [signal.Signals(number) for number in os.read(self._read, CHUNK)]
        except BlockingIOError:
            return []

    def release(self) -> None:
        """Give the signals back, in a child that was forked."""
        signal.set_wakeup_fd(-1)
        for number in self.numbers:
            signal.signal(number, signal.SIG_DFL)
        os.close(self._read)
        os.close(self._write)


def _note(number: int, frame: FrameType | None) -> None:
    """Do nothing: the number is in the pipe already."""
