"""Tell whoever attends to a service which of its processes are started again, and why."""

import time
from collections.abc import Callable, Iterable

from longshore.engines.interface import Engine, Run
from longshore.engines.reasons import describe_exit

_INTERVAL = 0.2
"""Seconds between looks at what the supervisors tell."""


class RestartNews:
    """Looks at the restarts of some processes again and again.

    Args:
        engine: who has them.
        runs: the processes.
        tell: takes a process's name and what happened.
    """

    def __init__(
        self, engine: Engine, runs: Iterable[Run], *, tell: Callable[[str, str], None]
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._known = {run.process: (run, engine.restarts(run).count) for run in runs}
        self._next = time.monotonic()

    def look(self) -> None:
        """Tell what is new; called often, it looks now and then."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        for name, (run, known) in self._known.items():
            restarts = self._engine.restarts(run)
            if restarts.count > known and restarts.last is not None:
                self._known[name] = (run, restarts.count)
                again = f"started again after {restarts.pause:.1f} s"
                self._tell(name, f"{describe_exit(restarts.last)}; {again}")
