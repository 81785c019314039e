"""What the service wants to know from its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every process of the service needs; each value has a default.

    ``DATABASE_URL`` has no prefix because platforms provide it under that name.
    """

    # An error names the variable and the problem, but never shows the value.
    model_config = SettingsConfigDict(env_prefix="TASKAPI_", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(default="sqlite:////data/tasks.db", validation_alias="DATABASE_URL")
    keep_days: int = Field(default=30, ge=1)
    """Days that a finished task stays, before the purge job deletes it."""
    poll_seconds: float = Field(default=1.0, gt=0)
    """Seconds that the worker waits when nothing is pending."""


class WebSettings(Settings):
    """What the API needs besides: a token without default, so nobody runs with a known one."""

    api_token: SecretStr = Field(min_length=1)
    """``TASKAPI_API_TOKEN``: what a client sends as bearer token in order to write."""
    sqlite_migrate: bool = False
    """Migrate an SQLite file at start; a server's database is migrated by ``alembic``."""
