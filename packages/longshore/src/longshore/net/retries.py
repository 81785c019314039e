"""How long to wait, and how often to try again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from longshore.net.clock import Clock
from longshore.net.failures import TransientError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds until a connection must stand, and seconds between two pieces of data."""

    connect: float = 10.0
    read: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request that may succeed later is made again.

    Args:
        attempts: tries in all, at least 1.
        backoff: seconds before the second try, doubled before each further one.
        patience: the longest wait in seconds, also for a server that asks for more
            (``Retry-After``): then it fails at once.
    """

    attempts: int = 4
    backoff: float = 0.5
    patience: float = 60.0

    def delay(self, attempt: int, retry_after: float | None) -> float | None:
        """Return the seconds to wait after a failed try (1, 2, …), or ``None`` to give up."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.patience else None
        return min(self.backoff * 2.0 ** (attempt - 1), self.patience)

    def run(self, action: Callable[[], T], *, clock: Clock) -> T:
        """Call until it succeeds, raises for good, or the tries are used up.

        Raises:
            TransientError: the last one, with the number of tries in its context.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return action()
            except TransientError as failure:
                delay = self.delay(attempt, failure.retry_after)
                if delay is None:
                    explain_retries(failure, attempt)
                    raise
            clock.sleep(delay)


def explain_retries(failure: TransientError, attempts: int) -> None:
    """Add to an error how often the request was tried and how long the server asks to wait."""
    if failure.retry_after:
        failure.hint = f"try again in {failure.retry_after:g} s, as the server asks"
    if attempts > 1:
        failure.context = (*failure.context, f"gave up after {attempts} attempts")


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110 §10.2.3), or ``None``."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
