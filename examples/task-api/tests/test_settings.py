import importlib
import sys

import pytest
from pydantic import ValidationError

from taskapi.database import open_engine, with_driver
from taskapi.settings import Settings, WebSettings


def test_import_without_the_token_fails_and_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKAPI_API_TOKEN", raising=False)
    monkeypatch.delitem(sys.modules, "taskapi.main", raising=False)
    with pytest.raises(ValidationError, match="api_token"):
        importlib.import_module("taskapi.main")


def test_import_with_the_token_gives_the_application(
    settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "taskapi.main", raising=False)
    main = importlib.import_module("taskapi.main")
    assert main.app.title == "taskapi"
    assert settings.api_token.get_secret_value() not in repr(vars(main))


def test_an_error_never_shows_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKAPI_KEEP_DAYS", "hunter2")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "hunter2" not in str(caught.value)


def test_without_configuration_the_database_is_a_file_in_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    engine = open_engine(Settings().database_url)
    assert engine.url.database == "/data/tasks.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_gets_the_driver_of_our_extra(scheme: str) -> None:
    url = with_driver(f"{scheme}://user:secret@db.test/tasks")
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://user:secret@db.test/tasks"
    )
