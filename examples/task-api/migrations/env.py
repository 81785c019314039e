"""How Alembic reaches the database: by the service's own settings."""

import logging

from alembic import context
from sqlalchemy import Engine

from taskapi.database import open_engine
from taskapi.models import Base
from taskapi.settings import Settings


def migrate(engine: Engine) -> None:
    """Run the migrations in one transaction each, where the database can."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,  # SQLite can't alter a column in place
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


given: Engine | None = context.config.attributes.get("engine")
if given is None:
    logging.basicConfig(level="INFO", format="%(levelname)s %(name)s: %(message)s")
    migrate(open_engine(Settings().database_url))
else:
    migrate(given)
