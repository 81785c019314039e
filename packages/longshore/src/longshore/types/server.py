"""The servers that the runtime starts, and what each of them speaks."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from longshore.types.process import Asgi, CommandLine, Wsgi

OWN_SERVER: Final = "uvicorn"
"""What the runtime drives in its own process, and what is added where a lock has no server."""

SERVERS: Final[Mapping[str, tuple[type[Asgi | Wsgi], ...]]] = MappingProxyType(
    {
        "daphne": (Asgi,),
        "granian": (Asgi, Wsgi),
        "gunicorn": (Asgi, Wsgi),
        "hypercorn": (Asgi,),
        "uvicorn": (Asgi, Wsgi),
        "waitress": (Wsgi,),
    }
)
"""By the name of the package."""

ASGI_SERVERS: Final = ("uvicorn", "granian", "hypercorn", "daphne")
"""Which one serves an ASGI application, the preferred one first.

gunicorn only where the project says so: it is often locked for its process manager alone.
"""

WSGI_SERVERS: Final = ("gunicorn", "waitress", "granian")
"""Which one serves a WSGI application, the preferred one first."""

UNSUPPORTED: Final = ("uwsgi", "pyuwsgi", "mod-wsgi")
"""Servers that are programs of their own, which no supervisor of Python's starts in their place."""


def choose_server(
    serve: Asgi | Wsgi | CommandLine, locked: Collection[str], wanted: str | None = None
) -> str | None:
    """Return the package that serves; ``None`` for a command, which is its own server.

    Args:
        serve: what the process runs.
        locked: the normalised names of the packages that the lock has for the image.
        wanted: what the project says; counts where the lock has it.
    """
    if isinstance(serve, CommandLine):
        return None
    if wanted is not None and (wanted in locked or wanted == OWN_SERVER):
        return wanted
    servers = ASGI_SERVERS if isinstance(serve, Asgi) else WSGI_SERVERS
    return next((name for name in servers if name in locked), OWN_SERVER)
