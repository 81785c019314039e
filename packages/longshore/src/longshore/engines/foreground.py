"""Run a program on this terminal as if it had been started there itself."""

import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def wait_in_foreground(start: Callable[[], "subprocess.Popen[bytes]"]) -> int:
    """Start a program, wait for its end and return its exit status, as ``Popen.wait`` does.

    SIGTERM and SIGHUP are passed on. Ctrl-C is not: the terminal sends it to the program, too, and
    what it means there is the program's business.
    """
    early: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: object) -> None:
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    # A handler, not SIG_IGN: the program would inherit that.
    handlers = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    handlers[signal.SIGINT] = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        process = start()
        with suppress(IndexError):
            process.send_signal(early[0])
        return process.wait()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
