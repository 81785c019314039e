from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from taskapi.api import create_app
from taskapi.database import migrate_sqlite, open_engine
from taskapi.settings import WebSettings

PROJECT = Path(__file__).parents[1]
TOKEN = "a-token-for-tests"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WebSettings:
    """Settings for a fresh SQLite file, in the environment too, as the processes read them."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/tasks.db")
    monkeypatch.setenv("TASKAPI_API_TOKEN", TOKEN)
    monkeypatch.setenv("TASKAPI_SQLITE_MIGRATE", "true")
    return WebSettings()  # type: ignore[call-arg]  # the environment gives them


@pytest.fixture
def engine(settings: WebSettings) -> Iterator[Engine]:
    """A migrated database."""
    engine = open_engine(settings.database_url)
    migrate_sqlite(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine)


@pytest.fixture
def client(settings: WebSettings) -> Iterator[TestClient]:
    """A client that may write; the application starts and stops around it."""
    with TestClient(create_app(settings)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client
