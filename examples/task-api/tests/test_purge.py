from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from taskapi.jobs import purge
from taskapi.models import State, Task, now


@pytest.fixture
def aged(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Three tasks: finished 40 days ago, finished 20 days ago, never finished."""
    with sessions.begin() as session:
        for text, days in (("old", 40), ("young", 20)):
            finished = now() - timedelta(days=days)
            session.add(Task(text=text, state=State.DONE, finished_at=finished))
        session.add(Task(text="open", created_at=now() - timedelta(days=400)))
    return sessions


def texts(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(Task.text).order_by(Task.id)))


def test_only_what_was_finished_long_ago_is_deleted(aged: sessionmaker[Session]) -> None:
    assert purge.purge(aged, keep=timedelta(days=30)) == 1
    assert texts(aged) == ["young", "open"]


def test_the_job_keeps_as_many_days_as_the_environment_says(
    aged: sessionmaker[Session], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.dialect.name == "sqlite"
    monkeypatch.setenv("TASKAPI_KEEP_DAYS", "10")
    purge.main()
    assert texts(aged) == ["open"]
