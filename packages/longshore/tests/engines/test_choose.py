"""Which engine is taken."""

import pytest

from longshore.engines.choose import Engines
from longshore.errors import PreflightError, UsageError
from longshore.testing import RecordingReporter
from longshore.testing.engine import MemoryEngine


def open_two(first: str | None, second: str | None) -> tuple[Engines, RecordingReporter]:
    reporter = RecordingReporter()
    one, two = MemoryEngine("one", reason=first), MemoryEngine("two", reason=second)
    return Engines((one, two), reporter=reporter), reporter


def names(engines: Engines, choice: str) -> list[str]:
    return [engine.name for engine in engines.usable(choice)]


def test_auto_takes_what_works_in_order() -> None:
    assert names(open_two(None, None)[0], "auto") == ["one", "two"]
    assert names(open_two("is not installed", None)[0], "auto") == ["two"]


def test_auto_says_what_it_found() -> None:
    engines, reporter = open_two("one is not installed", None)
    engines.usable("auto")
    assert [event.subject for event in reporter.events] == [
        "one: passed over: one is not installed",
        "two: works here",
    ]


def test_engine_that_was_asked_for_is_the_only_one() -> None:
    assert names(open_two(None, None)[0], "two") == ["two"]


def test_engine_that_was_asked_for_and_does_not_work_is_an_error() -> None:
    with pytest.raises(PreflightError) as caught:
        open_two(None, "no namespaces")[0].usable("two")
    assert caught.value.message == "engine 'two' can't be used: no namespaces"


def test_without_any_engine_every_reason_is_given() -> None:
    with pytest.raises(PreflightError) as caught:
        open_two("not installed", "no namespaces")[0].usable("auto")
    assert caught.value.message == "no engine can run images on this machine"
    assert caught.value.context == ("one: not installed", "two: no namespaces")


def test_unknown_engine_is_an_error() -> None:
    with pytest.raises(UsageError, match="no engine 'three'"):
        open_two(None, None)[0].named("three")
