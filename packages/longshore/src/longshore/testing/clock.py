"""A clock that a test owns: it moves when somebody sleeps, at once."""

from datetime import UTC, datetime, timedelta
from threading import Lock


class ManualClock:
    """Starts at a fixed time; ``slept`` lists the seconds of every ``sleep``."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._lock = Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the clock's time, in UTC."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock, without waiting."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self.slept.append(seconds)
