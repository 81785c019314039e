"""The nightly job: ``python -m taskapi.jobs.purge`` deletes what was finished long ago."""

import logging
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from taskapi.database import open_engine
from taskapi.models import Task, now
from taskapi.settings import Settings

log = logging.getLogger("taskapi.jobs.purge")


def purge(sessions: sessionmaker[Session], *, keep: timedelta) -> int:
    """Delete the tasks that were finished or cancelled before ``keep``; return how many."""
    with sessions.begin() as session:
        old = session.scalars(
            delete(Task).where(Task.finished_at < now() - keep).returning(Task.id)
        )
        return len(old.all())


def main() -> None:
    """Run once."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = Settings()
    engine = open_engine(settings.database_url)
    count = purge(sessionmaker(engine), keep=timedelta(days=settings.keep_days))
    engine.dispose()
    log.info("deleted %d tasks", count)


if __name__ == "__main__":
    main()
