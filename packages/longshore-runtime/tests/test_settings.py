"""Errors of settings libraries become environment variables: all of them, never a value."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from longshore_runtime.settings import SettingsError, explain_settings_error

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-very-secret"

Fail = Callable[..., SettingsError]


@pytest.fixture
def fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Run a module that raises, and return the explanation of what it raised."""

    def run(source: str, **environ: str) -> SettingsError:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        place = tmp_path / "settings_under_test.py"
        place.write_text(source)
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- whatever it is, is under test
            runpy.run_path(str(place), run_name="settings_under_test")
        explained = explain_settings_error(caught.value, os.environ)
        assert explained is not None, repr(caught.value)
        return explained

    return run


def names(error: SettingsError) -> list[str]:
    return [problem.name for problem in error.problems]


def everything(error: SettingsError) -> str:
    return "\n".join((error.message, error.hint, *error.detail))


PYDANTIC = """
from pydantic import BaseModel, Field, AliasChoices, HttpUrl, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
"""


def test_pydantic_settings_with_prefix_nesting_alias_and_description(fail: Fail) -> None:
    error = fail(
        PYDANTIC
        + """
class Database(BaseModel):
    url: str
    pool: int = 5
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")
    db: Database
    key: SecretStr = Field(description="signs the session cookies")
    port: int = 1
    queue: str = Field(validation_alias=AliasChoices("QUEUE_URL", "RABBIT"))
Settings()
""",
        APP_DB__POOL=SECRET,
        APP_PORT="http",
        APP_KAY=SECRET,
    )
    assert sorted(names(error)) == [
        "APP_DB__POOL",
        "APP_DB__URL",
        "APP_KEY",
        "APP_PORT",
        "QUEUE_URL",
    ]
    text = everything(error)
    assert SECRET not in text
    assert "signs the session cookies" in text
    assert "did you mean APP_KAY" in text
    assert "expected an integer" in text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("x: int", SECRET, "expected an integer"),
        ("x: bool", SECRET, "expected true or false"),
        ("x: HttpUrl", f"ftp://u:{SECRET}@h", "starts with 'http' or 'https'"),
        ("x: HttpUrl", f"http://u:{SECRET}@h:bad/", "expected a URL"),
        ("x: int = Field(ge=1)", "0", "expected at least 1"),
        ("x: str = Field(max_length=3)", SECRET, "at most 3 characters"),
        ("x: dict[str, str]", f"{{{SECRET}", "expected JSON"),
        ("x: list[int]", f'["{SECRET}"]', "expected an integer"),
    ],
)
def test_pydantic_value_that_is_wrong_is_named_and_not_shown(
    fail: Fail, field: str, value: str, said: str
) -> None:
    error = fail(f"{PYDANTIC}\nclass Settings(BaseSettings):\n    {field}\nSettings()\n", X=value)
    assert names(error)[0].startswith("X")
    assert said in everything(error)
    assert SECRET not in everything(error)


def test_pydantic_validator_that_repeats_the_value_is_not_quoted(fail: Fail) -> None:
    error = fail(
        PYDANTIC
        + """
class Settings(BaseSettings):
    dsn: str
    @field_validator("dsn")
    @classmethod
    def check(cls, value):
        raise ValueError(f"bad dsn {value}")
Settings()
""",
        DSN=SECRET,
    )
    assert names(error) == ["DSN"]
    assert SECRET not in everything(error)


def test_pydantic_case_sensitive_names_are_kept(fail: Fail) -> None:
    error = fail(
        PYDANTIC
        + """
class Settings(BaseSettings):
    model_config = SettingsConfigDict(case_sensitive=True, env_prefix="my_")
    Name: str
Settings()
"""
    )
    assert names(error) == ["my_Name"]


def test_error_that_is_wrapped_by_the_application_is_found(fail: Fail) -> None:
    error = fail(
        PYDANTIC
        + """
class Settings(BaseSettings):
    token: str
try:
    Settings()
except Exception as error:
    raise RuntimeError("configuration is broken") from error
"""
    )
    assert names(error) == ["TOKEN"]


def test_decouple_names_all_that_is_missing(fail: Fail) -> None:
    error = fail(
        """
from decouple import config
DEBUG = config("DECOUPLE_DEBUG", default=False, cast=bool)
KEY = config("DECOUPLE_KEY")
URL = config("DECOUPLE_URL")
SET = config("DECOUPLE_SET")
""",
        DECOUPLE_SET="1",
    )
    assert names(error) == ["DECOUPLE_KEY", "DECOUPLE_URL"]


def test_decouple_cast_that_fails_does_not_show_the_value(fail: Fail) -> None:
    error = fail(
        "from decouple import config\nN = config('DECOUPLE_N', cast=int)\n", DECOUPLE_N=SECRET
    )
    assert names(error) == ["DECOUPLE_N"]
    assert "expected an integer" in everything(error)
    assert SECRET not in everything(error)


def test_dynaconf_names_all_that_is_missing_or_wrong(fail: Fail) -> None:
    error = fail(
        """
from dynaconf import Dynaconf, Validator
settings = Dynaconf(
    envvar_prefix="SHOP",
    validators=[
        Validator("KEY", must_exist=True),
        Validator("DB.URL", must_exist=True),
        Validator("PORT", gte=1024),
        Validator("FINE", must_exist=True),
    ],
)
settings.validators.validate()
""",
        SHOP_PORT="77",
        SHOP_FINE="yes",
    )
    assert sorted(names(error)) == ["SHOP_DB__URL", "SHOP_KEY", "SHOP_PORT"]
    assert "at least 1024" in everything(error)
    assert "77" not in everything(error)


def test_key_error_of_the_environment_names_all_that_is_missing(fail: Fail) -> None:
    error = fail(
        """
import os
from os import environ
SET = os.environ["ENV_SET"]
KEY = os.environ["ENV_KEY"]
URL = environ["ENV_URL"]
os.environ["ENV_WRITTEN"] = "1"
""",
        ENV_SET="1",
    )
    assert names(error) == ["ENV_KEY", "ENV_URL"]


def test_other_key_error_is_not_a_settings_error() -> None:
    empty: dict[str, str] = {}
    with pytest.raises(KeyError) as caught:
        empty["name"]
    assert explain_settings_error(caught.value, ()) is None


def test_served_application_with_settings_errors_is_78(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "needs.py").write_text("import os\nKEY = os.environ['NEEDS_KEY']\n")
    stopped = serve("needs:app", cwd=tmp_path).wait()
    assert stopped.code == 78
    failed = stopped.event("failed")
    assert failed["settings"] == [{"name": "NEEDS_KEY", "problem": "required"}]
    assert stopped.events[-1] == failed
    assert "NEEDS_KEY" in stopped.stderr


def test_settings_error_in_the_lifespan_is_78_without_the_value(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(
        """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    late_port: int
@asynccontextmanager
async def lifespan(app):
    Settings()
    yield
app = FastAPI(lifespan=lifespan)
"""
    )
    stopped = serve("late:app", cwd=tmp_path, env={"LATE_PORT": SECRET}).wait()
    assert stopped.code == 78
    assert stopped.event("failed")["settings"][0]["name"] == "LATE_PORT"
    assert SECRET not in stopped.stderr + repr(stopped.events)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_secret_file_is_read_before_the_import(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "needs.py").write_text(
        "import os\nassert os.environ['API_KEY'] == 'from a file'\n"
        "async def app(scope, receive, send): ...\n"
    )
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "api_key").write_text("from a file\n")
    checked = serve(
        "needs:app", cwd=tmp_path, flags=("--check",), env={"LONGSHORE_SECRETS_DIR": str(secrets)}
    ).wait()
    assert checked.code == 0
    assert checked.event("checked")["interface"] == "asgi"
