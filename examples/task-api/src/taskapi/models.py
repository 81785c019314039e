"""The one table."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    """Return the time, in UTC, as every row stores it."""
    return datetime.now(tz=UTC)


class Moment(TypeDecorator[datetime]):
    """A time in UTC, whatever the database makes of it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a time in UTC: SQLite keeps no zone, PostgreSQL answers in the session's."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables of this service; migrations are compared with it."""


class State(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(Base):
    """A text whose words are to be counted."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    state: Mapped[str] = mapped_column(String(16), index=True, default=State.PENDING)
    words: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
