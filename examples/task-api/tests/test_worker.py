import os
import signal
import subprocess
import sys
from threading import Event

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, sessionmaker

from taskapi import worker
from taskapi.models import State, Task


def add(sessions: sessionmaker[Session], *texts: str) -> None:
    with sessions.begin() as session:
        session.add_all(Task(text=text) for text in texts)


def states(sessions: sessionmaker[Session]) -> list[tuple[str, int | None]]:
    with sessions() as session:
        rows = session.execute(select(Task.state, Task.words).order_by(Task.id))
        return [(state, words) for state, words in rows]


def test_the_oldest_pending_task_is_finished_first(sessions: sessionmaker[Session]) -> None:
    add(sessions, "one two three", "four")
    assert worker.finish_next(sessions)
    assert states(sessions) == [(State.DONE, 3), (State.PENDING, None)]


def test_nothing_pending_is_said(sessions: sessionmaker[Session]) -> None:
    assert not worker.finish_next(sessions)


def test_a_worker_that_dies_gives_its_task_back(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(sessions, "one")

    def die(*_args: object) -> None:
        raise SystemExit

    monkeypatch.setattr(worker.log, "info", die)
    with pytest.raises(SystemExit):
        worker.finish_next(sessions)
    assert states(sessions) == [(State.PENDING, None)]


class StopAfter(Event):
    """Stops the loop when it has nothing to do for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == 0.5
        self.waits += 1
        if self.waits == 2:
            self.set()
        return True


def test_all_pending_tasks_are_finished_before_the_worker_waits(
    sessions: sessionmaker[Session],
) -> None:
    add(sessions, "one", "two", "three")
    worker.work(sessions, StopAfter(), poll_seconds=0.5)
    assert states(sessions) == [(State.DONE, 1)] * 3


def test_a_database_without_tables_does_not_stop_the_worker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    empty = create_engine("sqlite://")
    worker.work(sessionmaker(empty), StopAfter(), poll_seconds=0.5)
    empty.dispose()
    assert caplog.messages == ["the database refused: no such table: tasks"] * 2


@pytest.mark.usefixtures("engine")
def test_sigterm_stops_the_process_cleanly() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "taskapi.worker"],
        env={**os.environ, "PYTHONPATH": "src", "TASKAPI_POLL_SECONDS": "60"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        assert "waiting for tasks" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert "stopped" in process.stderr.read()
    assert process.returncode == 0


def test_on_postgresql_two_workers_skip_each_others_rows() -> None:
    statement = worker.take_oldest().compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # sqlalchemy's dialect() has no annotations
    assert "FOR UPDATE SKIP LOCKED" in str(statement)
