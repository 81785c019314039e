"""What is wrong with a TOML file, as an editor shows it."""

import os
from pathlib import Path

import pytest

from longshore.config.toml import read_toml
from longshore.errors import ConfigError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[tool]\nbase = debian\n", "pyproject.toml:2:8: invalid TOML: invalid value"),
        (
            b"[tool]\nbase\n",
            "pyproject.toml:2:5: invalid TOML: expected '=' after a key in a key/value pair",
        ),
        (b"a = [1,", "pyproject.toml: invalid TOML: invalid value at the end of the file"),
        (b"[a]\n[a]\n", "pyproject.toml:2:3: invalid TOML: cannot declare ('a',) twice"),
        (b"a = 1\nb = '\xff'\n", "pyproject.toml:2: invalid TOML: not encoded as UTF-8"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read_toml(tmp_path / "pyproject.toml")
    assert str(raised.value) == message


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000 + "]" * 5000])
def test_what_the_reader_can_not_hold_is_an_error_of_the_file(tmp_path: Path, value: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"a = {value}\n")
    with pytest.raises(ConfigError) as raised:
        read_toml(tmp_path / "pyproject.toml")
    assert str(raised.value) == (
        "pyproject.toml: invalid TOML: a number too long or arrays too deep"
    )


def test_an_absent_file_is_no_error(tmp_path: Path) -> None:
    assert read_toml(tmp_path / "pyproject.toml") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.touch(0o000)
    with pytest.raises(ConfigError) as raised:
        read_toml(path)
    assert str(raised.value) == f"{path}: can't be read: permission denied"


def test_a_folder_of_that_name_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read_toml(tmp_path)
    assert str(raised.value) == f"{tmp_path}: can't be read: is a directory"
