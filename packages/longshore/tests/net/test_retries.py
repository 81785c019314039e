"""Waiting and trying again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.net.failures import TransientError
from longshore.net.retries import Retries, parse_retry_after
from longshore.testing import ManualClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0),
        ("Thu, 01 Jan 2026 00:00:09 -0000", 9.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == expected


@given(attempts=st.integers(1, 12), patience=st.floats(1, 100))
def test_the_wait_never_shrinks_nor_exceeds_the_patience(attempts: int, patience: float) -> None:
    retries = Retries(attempts=attempts, patience=patience)
    delays = [retries.delay(attempt, None) for attempt in range(1, attempts + 1)]
    assert delays[-1] is None
    waits = [delay for delay in delays if delay is not None]
    assert len(waits) == attempts - 1
    assert waits == sorted(waits)
    assert all(0 < wait <= patience for wait in waits)


def test_a_server_that_asks_for_more_than_the_patience_is_not_awaited(clock: ManualClock) -> None:
    def action() -> None:
        failure = TransientError("busy")
        failure.retry_after = 3600.0
        raise failure

    with pytest.raises(TransientError) as caught:
        Retries().run(action, clock=clock)
    assert clock.slept == []
    assert caught.value.hint == "try again in 3600 s, as the server asks"
    assert caught.value.context == ()
