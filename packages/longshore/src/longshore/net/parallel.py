"""Several downloads at once, without keeping an interrupted program alive."""

from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

JOBS = 8
"""Requests at the same time: what keeps a line full without being impolite."""


def map_parallel(action: Callable[[T], R], items: Iterable[T], *, jobs: int = JOBS) -> list[R]:
    """Call an action for each item on a few threads; return the results in order.

    After a failure nothing new is started. The threads don't outlive an interrupted program, as
    those of an executor would: half a download is of no use to anybody.

    Raises:
        BaseException: what the first item to fail raised, when the running ones are done.
    """
    work = _Work(action, items)
    threads = [Thread(target=work.run, daemon=True) for _ in range(min(jobs, len(work.waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if work.failures:
        raise work.failures[min(work.failures)]
    return [work.results[index] for index in sorted(work.results)]


class _Work(Generic[T, R]):
    """What is waiting, and what came of the rest, by position."""

    def __init__(self, action: Callable[[T], R], items: Iterable[T]) -> None:
        self._action = action
        self._lock = Lock()
        self.waiting = deque(enumerate(items))
        self.results: dict[int, R] = {}
        self.failures: dict[int, BaseException] = {}

    def run(self) -> None:
        """Take items until there are none, or one has failed."""
        while True:
            with self._lock:
                if self.failures or not self.waiting:
                    return
                index, item = self.waiting.popleft()
            try:
                result = self._action(item)
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                with self._lock:
                    self.failures[index] = error
                return
            with self._lock:
                self.results[index] = result
