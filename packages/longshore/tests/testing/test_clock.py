"""The clock that a test owns, and the reporter that keeps what it hears."""

from datetime import timedelta

from longshore.testing import ManualClock, RecordingReporter
from longshore.types import Event, Phase


def test_sleeping_moves_the_clock() -> None:
    clock = ManualClock()
    start = clock.now()
    clock.sleep(1.5)
    clock.sleep(2)
    assert clock.now() - start == timedelta(seconds=3.5)
    assert clock.slept == [1.5, 2]


def test_a_run_of_progress_counts_once() -> None:
    reporter = RecordingReporter()
    for subject, phase in [
        ("a", Phase.STARTED),
        ("a", Phase.PROGRESS),
        ("b", Phase.STARTED),
        ("a", Phase.PROGRESS),
        ("a", Phase.DONE),
    ]:
        reporter.report(Event(kind="x", subject=subject, phase=phase))
    assert reporter.phases("a") == [Phase.STARTED, Phase.PROGRESS, Phase.DONE]
