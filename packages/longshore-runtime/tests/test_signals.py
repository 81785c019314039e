"""Wishes to stop: the first, the second, the third, and what is the same one again."""

from __future__ import annotations

import signal

from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.signals import SAME_WISH, StopRequests


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def collect(pauses: list[float]) -> list[int]:
    """Deliver signals with pauses before each; returns the counts that were called back."""
    clock, seen = Clock(), []
    requests = StopRequests(lambda _, count: seen.append(count), clock=clock)
    for pause in pauses:
        clock.now += pause
        requests.handle(signal.SIGTERM)
    return seen


def test_first_signal_counts_at_once() -> None:
    assert collect([0.0]) == [1]


def test_signals_in_quick_succession_are_one_wish() -> None:
    assert collect([0.0, 0.01, 0.4, 0.4, 0.4]) == [1]


def test_signal_after_a_pause_is_the_next_wish() -> None:
    assert collect([0.0, 0.6, 0.6]) == [1, 2, 3]


@given(st.lists(st.floats(0, 3, allow_nan=False), max_size=30))
def test_wishes_are_counted_by_their_pauses(pauses: list[float]) -> None:
    distinct = sum(1 for pause in pauses[1:] if pause >= SAME_WISH + 1e-9)
    maybe = sum(1 for pause in pauses[1:] if pause >= SAME_WISH - 1e-9)
    counts = collect(pauses)
    assert counts == list(range(1, len(counts) + 1))
    if pauses:
        assert 1 + distinct <= len(counts) <= 1 + maybe
