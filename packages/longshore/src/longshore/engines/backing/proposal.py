"""Propose a database or a cache to who lacks the address of one; pure."""

import re
from collections.abc import Iterable

_CACHE = re.compile(
    r"(?:^|_)(?:REDIS|VALKEY|CELERY_BROKER|CELERY_RESULT|BROKER)_(?:URL|URI|DSN|BACKEND)$"
)
_DATABASE = re.compile(
    r"(?:^|_)(?:DATABASE|DB|PG|POSTGRES|POSTGRESQL|SQLALCHEMY_DATABASE)_?(?:URL|URI|DSN)$"
)


def propose(names: Iterable[str]) -> str:
    """Return what to add to a hint about variables that are not set, or nothing.

    Args:
        names: of the variables.
    """
    for name in sorted(names):
        for shape, service, image in (
            (_DATABASE, "db", "postgres:17"),
            (_CACHE, "cache", "redis:8"),
        ):
            if shape.search(name.upper()):
                table = f'{service} = {{ image = "{image}", url = ["{name}"] }}'
                return f"; or run one here: {table} in [tool.longshore.services]"
    return ""
