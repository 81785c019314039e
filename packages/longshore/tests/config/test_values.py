"""Values with a notation of their own."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.config.invalid import InvalidValueError
from longshore.config.schedule import schedule
from longshore.config.values import (
    absolute_folder,
    base_reference,
    cpu,
    debian_package,
    duration,
    inside_path,
    size,
    url,
)
from longshore.config.view import render_size


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("1.5m", 90.0), ("1h", 3600.0), (2, 2.0), (0.5, 0.5), (0, 0)],
)
def test_a_duration_is_seconds(value: object, seconds: float) -> None:
    assert duration(value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "count"),
    [("256Mi", 256 << 20), ("1Gi", 1 << 30), ("512M", 512 * 10**6), ("64Ki", 65536), (1024, 1024)],
)
def test_a_size_is_bytes(value: object, count: int) -> None:
    assert size(value) == count


@pytest.mark.parametrize(
    ("value", "millicores"), [("100m", 100), ("0.5", 500), ("2", 2000), (1, 1000), (0.25, 250)]
)
def test_cpu_is_millicores(value: object, millicores: int) -> None:
    assert cpu(value) == millicores


@pytest.mark.parametrize(
    ("parser", "values"),
    [
        (
            duration,
            [
                "",
                "s",
                "30",
                "-1s",
                -1,
                True,
                None,
                "30 s",
                float("inf"),
                float("nan"),
                [],
                "9" * 400 + "s",
                "٣s",
            ],
        ),
        (
            size,
            [
                "",
                "Mi",
                "-1Mi",
                0,
                -1,
                True,
                None,
                "0",
                1.5,
                "1 Gi",
                "1Pi",
                "9" * 400,
                "٣Mi",
                10**400,
            ],
        ),
        (cpu, ["", "m", "0m", "-1", 0, True, None, "0.0001", "1.5m", [], "9" * 400, "٣", 10**400]),
        (base_reference, ["trixie", "debian:", "debian:Trixie", "alpine:3", "image:x", 13]),
        (debian_package, ["A", "a", "libpq5=1", "-a", "a b", "../a", 1]),
        (url, ["deb.test", "ftp://deb.test", "http://", "http://a@deb.test", "file:///x", 1]),
        (inside_path, ["/x", "../x", "a/../b", "a\\b", "*.py", ""]),
        (absolute_folder, ["data", "/", "/a/../b", "", "//"]),
    ],
)
def test_other_values_are_refused(parser: Callable[[object], object], values: list[object]) -> None:
    for value in values:
        with pytest.raises(InvalidValueError):
            parser(value)


@given(st.integers(1, 10**15 - 1))
def test_a_rendered_size_is_read_as_the_same_size(count: int) -> None:
    assert size(render_size(count)) == count


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/15 0-5 1,15 jan-mar mon-fri",
        "59 23 31 12 7",
        "0 3 * * SUN",
        "0-30/5 * * * *",
    ],
)
def test_crontab_fields_are_accepted(text: str) -> None:
    assert schedule(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("60 * * * *", "expected a minute between 0 and 59, got '60'"),
        ("* 24 * * *", "expected an hour between 0 and 23, got '24'"),
        ("* * 0 * *", "expected a day of the month between 1 and 31, got '0'"),
        ("* * * foo *", "expected a month between 1 and 12, got 'foo'"),
        ("* * * * 8", "expected a day of the week between 0 and 7, got '8'"),
        ("5-1 * * * *", "expected a minute between 0 and 59, got '5-1'"),
        ("*/0 * * * *", "expected a minute between 0 and 59, got '*/0'"),
        ("٣ * * * *", "expected a minute between 0 and 59, got '٣'"),
        ("1,, * * * *", "expected a minute between 0 and 59, got '1,,'"),
        (
            "* * * *",
            "expected the five fields of crontab(5) such as '0 3 * * *', got '* * * *'",
        ),
    ],
)
def test_another_schedule_says_which_field_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InvalidValueError) as raised:
        schedule(text)
    assert str(raised.value) == message


@given(
    st.tuples(
        st.integers(0, 59),
        st.integers(0, 23),
        st.integers(1, 31),
        st.integers(1, 12),
        st.integers(0, 7),
    )
)
def test_every_moment_is_a_schedule(fields: tuple[int, ...]) -> None:
    text = " ".join(map(str, fields))
    assert schedule(f"  {text} ") == text
