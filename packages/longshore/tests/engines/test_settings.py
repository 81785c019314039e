"""Settings from options and files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engines.settings import declared_secrets, read_settings
from longshore.errors import UsageError
from longshore.types import Secret


def read(*options: str, file: Path | None = None, **environment: str) -> dict[str, str]:
    settings = read_settings(options, [] if file is None else [file], environment)
    return {name: value.reveal() for name, value in settings.items()}


def test_option_gives_a_value_and_keeps_it_as_it_is() -> None:
    assert read("A=1", "B= x=y ", "C=", "D='q'") == {"A": "1", "B": " x=y ", "C": "", "D": "'q'"}


def test_name_alone_takes_the_callers_value() -> None:
    assert read("TOKEN", TOKEN="from outside") == {"TOKEN": "from outside"}


def test_later_one_wins_and_options_win_over_files(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=file\nB=file\nB=again\n")
    assert read("A=option", file=file) == {"A": "option", "B": "again"}


def test_file_may_have_comments_exports_and_quotes(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# a comment\n\nexport A='one two'\nB=\"x\"\n  C = y \nD\n")
    expected = {"A": "one two", "B": "x", "C": "y", "D": "outside"}
    assert read(file=file, D="outside") == expected


def test_every_problem_is_reported_at_once_and_no_value_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\n=hunter2\n")
    missing = tmp_path / "absent"
    with pytest.raises(UsageError) as caught:
        read_settings(["2X=hunter2", "NOWHERE"], [file, missing], {})
    error = caught.value
    assert error.message == "4 settings are wrong"
    assert error.context == (
        f"{file}:2: expected KEY=VALUE or KEY",
        f"{missing}: can't read: no such file or directory",
        "-e, number 1: expected KEY=VALUE or KEY",
        "-e, number 2: NOWHERE has no value, and the environment has none either",
    )
    assert "hunter2" not in repr((error.message, error.context, error.hint))


def test_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_bytes(b"A=\xff\n")
    with pytest.raises(UsageError, match="expected UTF-8 text"):
        read(file=file)


@given(st.text(min_size=1).filter(lambda value: "\0" not in value))
def test_values_are_masked(value: str) -> None:
    settings = read_settings([f"A={value}"], [], {})
    assert settings["A"].reveal() == value
    assert repr(settings) == "{'A': Secret('***')}"


def test_declared_secrets_come_from_the_caller_unless_given() -> None:
    given_settings = {"A": Secret("given")}
    found = declared_secrets(("A", "B", "C"), given_settings, {"A": "x", "B": "y", "D": "z"})
    assert {name: value.reveal() for name, value in found.items()} == {"B": "y"}
