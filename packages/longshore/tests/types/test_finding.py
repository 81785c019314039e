"""Findings and events, as people and programs see them."""

from longshore.types import Event, Finding, NullReporter, Phase, Severity


def test_a_finding_prints_its_place_in_front() -> None:
    finding = Finding(rule="r", severity=Severity.ERROR, location="a.toml: x", message="is wrong")
    assert str(finding) == "a.toml: x: is wrong"


def test_a_finding_without_a_place_prints_its_message() -> None:
    assert str(Finding(rule="r", severity=Severity.NOTE, location="", message="hm")) == "hm"


def test_severities_are_the_levels_of_sarif() -> None:
    assert [level.value for level in Severity] == ["error", "warning", "note"]


def test_the_null_reporter_takes_every_event() -> None:
    for phase in Phase:
        NullReporter().report(Event(kind="wheel.fetch", subject="x", phase=phase))
