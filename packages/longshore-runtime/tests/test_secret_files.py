"""Settings that files hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from longshore_runtime.errors import ConfigError
from longshore_runtime.secret_files import read_secret_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "db_password").write_text("s3cret\n")
    (tmp_path / "..data").mkdir()
    (tmp_path / "not-a-name").write_text("x")
    return tmp_path


def test_every_file_of_a_directory_sets_the_variable_of_its_name(secrets: Path) -> None:
    found = read_secret_files({"LONGSHORE_SECRETS_DIR": str(secrets)})
    assert found == {"DB_PASSWORD": "s3cret"}


def test_variable_that_is_set_wins(secrets: Path) -> None:
    environ = {"LONGSHORE_SECRETS_DIR": str(secrets), "DB_PASSWORD": "other"}
    assert read_secret_files(environ) == {}


def test_file_variable_is_read_inside_a_secrets_directory(secrets: Path) -> None:
    environ = {"LONGSHORE_SECRETS_DIR": str(secrets), "TOKEN_FILE": str(secrets / "db_password")}
    assert read_secret_files(environ)["TOKEN"] == "s3cret"


def test_file_variable_elsewhere_keeps_its_own_meaning(secrets: Path) -> None:
    assert read_secret_files({"SSL_CERT_FILE": str(secrets / "db_password")}) == {}


def test_files_that_cannot_be_read_are_named_together() -> None:
    with pytest.raises(ConfigError) as caught:
        read_secret_files({"A_FILE": "/run/secrets/no-a", "B_FILE": "/run/secrets/no-b"})
    assert "A_FILE: /run/secrets/no-a" in caught.value.message
    assert "B_FILE: /run/secrets/no-b" in caught.value.message


def test_binary_file_is_an_error_without_its_content(secrets: Path) -> None:
    (secrets / "blob").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError) as caught:
        read_secret_files({"LONGSHORE_SECRETS_DIR": str(secrets)})
    assert "not UTF-8" in caught.value.message
