"""The connection to the database: SQLite in a file, or PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; nothing is connected yet."""
    engine = create_engine(with_driver(url), pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def with_driver(url: str) -> URL:
    """Name the driver of our extra where a platform hands out PostgreSQL's short form."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def migrate_sqlite(engine: Engine, *, ini: Path = Path("alembic.ini")) -> None:
    """Bring an SQLite file to the newest schema; another database is left to the release step.

    ``ini`` is found from the working directory: the project's root, or ``/app`` in the image.
    """
    if engine.dialect.name == "sqlite":
        config = Config(ini)
        config.attributes["engine"] = engine
        command.upgrade(config, "head")


def _tune_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Let the API and the worker share one file: readers don't block the writer, writers wait."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()
