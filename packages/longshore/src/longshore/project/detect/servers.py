"""Which server of the lock serves the web process."""

from collections.abc import Collection
from typing import Final

from longshore.types import Asgi, CommandLine, Wsgi

ASGI_SERVERS: Final = ("uvicorn", "granian", "hypercorn", "daphne")
"""Servers of ASGI applications, the preferred one first."""

WSGI_SERVERS: Final = ("gunicorn", "waitress", "granian")
"""Servers of WSGI applications, the preferred one first."""


def choose_server(
    serve: Asgi | Wsgi | CommandLine | None, locked: Collection[str] | None
) -> str | None:
    """Return the package that will serve; ``None`` where Longshore adds its own, or for commands.

    Args:
        serve: what the web process runs.
        locked: the normalised names of the locked packages, or ``None``.
    """
    servers: tuple[str, ...] = ()
    if isinstance(serve, Asgi):
        servers = ASGI_SERVERS
    elif isinstance(serve, Wsgi):
        servers = WSGI_SERVERS
    return next((name for name in servers if name in (locked or ())), None)
