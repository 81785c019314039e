"""Passwords that are made up."""

import stat
from pathlib import Path

import pytest

from longshore.engines.backing.passwords import Passwords
from longshore.errors import PreflightError


def test_a_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path / "passwords")
    made = passwords.get("shop", "db")
    assert len(made.reveal()) == 48
    assert Passwords(tmp_path / "passwords").get("shop", "db") == made
    assert passwords.get("shop", "other") != made
    path = tmp_path / "passwords" / "shop" / "db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_goes_with_the_data(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path)
    made = passwords.get("shop", "db")
    kept = passwords.get("other", "db")
    passwords.remove("shop")
    passwords.remove("shop")
    assert passwords.get("shop", "db") != made
    assert passwords.get("other", "db") == kept


def test_a_file_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "db").touch()
    assert Passwords(tmp_path).get("shop", "db")


def test_a_folder_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("no folder")
    with pytest.raises(PreflightError, match="can't keep the password"):
        Passwords(tmp_path).get("shop", "db")
