from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect

from taskapi.database import migrate_sqlite, open_engine
from taskapi.settings import WebSettings


def test_migrations_lead_to_the_models(engine: Engine) -> None:
    config = Config(Path("alembic.ini"))
    config.attributes["engine"] = engine
    command.check(config)  # raises when a migration is missing


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate_sqlite(engine)
    assert inspect(engine).has_table("tasks")


def test_the_release_step_reads_the_services_settings(
    settings: WebSettings, tmp_path: Path
) -> None:
    assert str(tmp_path) in settings.database_url
    config = Config(Path("alembic.ini"))
    command.upgrade(config, "head")
    assert tables(settings) == {"alembic_version", "tasks"}
    command.downgrade(config, "base")
    assert tables(settings) == {"alembic_version"}


def tables(settings: WebSettings) -> set[str]:
    engine = open_engine(settings.database_url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
