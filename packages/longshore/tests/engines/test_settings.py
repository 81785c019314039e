"""Settings from options and files."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engines.settings import Settings, read_settings
from longshore.errors import UsageError
from longshore.types import Secret


def read(*options: str, file: Path | None = None, **environment: str) -> dict[str, str]:
    settings = read_settings(options, [] if file is None else [file], environment)
    return revealed(settings.given)


def revealed(settings: Mapping[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in settings.items()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder with a file of settings."""
    (tmp_path / ".env").write_text("A=project\nB=project\nC=project\nUNSET\n")
    return tmp_path


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
    assert settings.given["A"].reveal() == value
    assert repr(settings.given) == "{'A': Secret('***')}"


def test_files_follow_the_rules_of_dotenv(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(
        "USER_NAME=ann # who\n"
        'URL="postgres://${USER_NAME}@${HOST:-localhost}/${DB}"\n'
        "KEY='line one\nline two'\n"
        'TAB="a\\tb"\n'
        "PRICE=5$\n"
    )
    assert read(file=file, DB="tasks") == {
        "USER_NAME": "ann",
        "URL": "postgres://ann@localhost/tasks",
        "KEY": "line one\nline two",
        "TAB": "a\tb",
        "PRICE": "5$",
    }


def test_quote_that_is_not_closed_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\n\n\nB='hunter2\n")
    with pytest.raises(UsageError, match=f"{file}:4: expected KEY=VALUE") as caught:
        read(file=file)
    assert "hunter2" not in str(caught.value)


def test_file_of_the_project_is_read_and_everything_else_wins(project: Path) -> None:
    file = project / "named"
    file.write_text("B=named\n")
    settings = read_settings(["C=option"], [file], {"A": "caller", "Z": "caller"}, root=project)
    assert revealed(settings.select(())) == {"A": "project", "B": "named", "C": "option"}
    declared = settings.select(["A", "B", "C", "D"])
    assert revealed(declared) == {"A": "caller", "B": "named", "C": "option"}
    assert settings.files == ((project / ".env", 3), (file, 1))


def test_project_without_such_a_file_and_a_virtual_environment_of_that_name(tmp_path: Path) -> None:
    assert read_settings([], [], {}, root=tmp_path).files == ()
    (tmp_path / ".env").mkdir()
    assert read_settings([], [], {}, root=tmp_path).files == ()


def test_file_of_the_project_that_is_wrong_is_an_error(project: Path) -> None:
    (project / ".env").write_text("1=x\n")
    with pytest.raises(UsageError, match=r"\.env:1: expected KEY=VALUE"):
        read_settings([], [], {}, root=project)


def test_secret_is_missing_where_nobody_gave_it(project: Path) -> None:
    settings = read_settings(["O=1", "F_FILE=/f"], [], {"E": ""}, root=project)
    assert settings.missing(["A", "O", "E", "F", "NONE"]) == ("NONE",)


def test_callers_environment_is_not_shown() -> None:
    assert "hunter2" not in repr(Settings(given={}, environment={"TOKEN": "hunter2"}))
