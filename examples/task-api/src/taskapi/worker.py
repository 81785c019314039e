"""The worker: ``python -m taskapi.worker`` counts the words of pending tasks until SIGTERM."""

import logging
import signal
from threading import Event

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.dml import ReturningUpdate

from taskapi.database import open_engine
from taskapi.models import State, Task, now
from taskapi.settings import Settings

log = logging.getLogger("taskapi.worker")


def work(sessions: sessionmaker[Session], stop: Event, *, poll_seconds: float) -> None:
    """Finish pending tasks until ``stop`` is set; the task at hand is finished first.

    A database that is away or not yet migrated is no reason to die: say so and try again.
    """
    while not stop.is_set():
        try:
            idle = not finish_next(sessions)
        except DBAPIError as error:
            log.warning("the database refused: %s", error.orig)
            idle = True
        if idle:
            stop.wait(poll_seconds)


def finish_next(sessions: sessionmaker[Session]) -> bool:
    """Finish the oldest pending task; return whether there was one.

    Taking and finishing are one transaction: when the worker dies, the task is pending again.
    """
    with sessions.begin() as session:
        task = session.scalar(take_oldest())
        if task is None:
            return False
        task.words = len(task.text.split())
        log.info("task %d: %d words", task.id, task.words)
    return True


def take_oldest() -> ReturningUpdate[Task]:
    """Take the oldest pending task in one statement, so that two workers never share one."""
    oldest = (
        select(Task.id)
        .where(Task.state == State.PENDING)
        .order_by(Task.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer at a time
        .scalar_subquery()
    )
    changes = {"state": State.DONE, "finished_at": now()}
    return update(Task).where(Task.id == oldest).values(changes).returning(Task)


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    settings = Settings()
    engine = open_engine(settings.database_url)
    log.info("waiting for tasks")
    work(sessionmaker(engine), stop, poll_seconds=settings.poll_seconds)
    engine.dispose()
    log.info("stopped")


if __name__ == "__main__":
    main()
