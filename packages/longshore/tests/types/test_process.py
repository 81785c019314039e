"""Processes and what they are validated for."""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import CommandLine, EntryPoint, Process, ProcessKind, Scale

WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=CommandLine(("true",)))

identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
dotted = st.lists(identifiers, min_size=1, max_size=3).map(".".join)
entry_points = st.builds(EntryPoint, module=dotted, attribute=dotted, factory=st.booleans())


@given(entry_points)
def test_parsing_what_was_printed_gives_the_same_entry_point(entry: EntryPoint) -> None:
    assert EntryPoint.parse(str(entry)) == entry


@pytest.mark.parametrize(
    "text", ["app", "a:b:c", "a.b", ":app", "a:", "a-b:app", "a:app(1)", "a: app", "1a:app", ""]
)
def test_another_shape_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected 'package\.module:attribute', got"):
        EntryPoint.parse(text)


@pytest.mark.parametrize("name", ["web", "w", "a" * 40, "web-2"])
def test_a_name_is_a_dns_label(name: str) -> None:
    assert replace(WORKER, name=name).name == name


@pytest.mark.parametrize("name", ["", "Web", "2web", "web-", "-web", "web_2", "a" * 41, "web\n"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name of at most 40 lower-case letters"):
        replace(WORKER, name=name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"port": 0}, "expected a port between 1 and 65535, got 0"),
        ({"port": 65536}, "expected a port between 1 and 65535, got 65536"),
        ({"drain": -1.0}, "expected a drain time of at least 0 seconds, got -1.0"),
        ({"schedule": "* * * * *"}, "a schedule goes with kind 'cron' only, got kind 'worker'"),
        ({"kind": ProcessKind.CRON}, "a schedule goes with kind 'cron' only, got kind 'cron'"),
        (
            {"writable": (PurePosixPath("/data"), PurePosixPath("tmp"))},
            "expected absolute writable paths, got 'tmp'",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared below
        replace(WORKER, **change)
    assert str(raised.value) == message


@pytest.mark.parametrize("argv", [(), ("",), ("", "x")])
def test_a_command_needs_a_program(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected a command with at least a program name"):
        CommandLine(argv)


@given(st.integers(-2, 5), st.integers(-2, 5))
def test_a_scale_is_a_range_of_replicas(minimum: int, maximum: int) -> None:
    if 0 <= minimum <= maximum:
        assert Scale(minimum=minimum, maximum=maximum).maximum == maximum
        return
    with pytest.raises(ValueError, match="expected 0 <= min <= max"):
        Scale(minimum=minimum, maximum=maximum)


def test_a_process_can_be_a_key_although_its_environment_is_a_mapping() -> None:
    assert hash(replace(WORKER, env={"A": "1"})) == hash(replace(WORKER, env={"A": "2"}))
    assert replace(WORKER, env={"A": "1"}) != replace(WORKER, env={"A": "2"})
