"""Requests to end: SIGTERM and a closed terminal are heeded as Ctrl-C is."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_REQUESTS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heeding_requests() -> Iterator[None]:
    """Raise ``KeyboardInterrupt`` for them, so that nothing is left running half-way.

    What somebody chose to ignore stays ignored: ``nohup`` does that with SIGHUP.
    """
    if current_thread() is not main_thread():  # only that one may
        yield
        return
    before = {number: signal.getsignal(number) for number in _REQUESTS}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
