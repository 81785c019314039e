"""Which server of a lock serves what."""

import pytest

from longshore.types import SERVERS, Asgi, CommandLine, EntryPoint, Wsgi, choose_server
from longshore.types.server import ASGI_SERVERS, OWN_SERVER, WSGI_SERVERS

APP = EntryPoint("shop", "app")


@pytest.mark.parametrize(
    ("serve", "locked", "server"),
    [
        (Asgi(APP), {"uvicorn", "gunicorn"}, "uvicorn"),
        (Asgi(APP), {"gunicorn"}, "uvicorn"),
        (Asgi(APP), {"hypercorn", "granian"}, "granian"),
        (Asgi(APP), {"daphne"}, "daphne"),
        (Asgi(APP), set(), "uvicorn"),
        (Wsgi(APP), {"uvicorn", "gunicorn"}, "gunicorn"),
        (Wsgi(APP), {"waitress", "granian"}, "waitress"),
        (Wsgi(APP), {"granian", "uvicorn"}, "granian"),
        (Wsgi(APP), {"uvicorn"}, "uvicorn"),
        (Wsgi(APP), {"hypercorn"}, "uvicorn"),
        (CommandLine(("gunicorn",)), {"gunicorn"}, None),
    ],
)
def test_the_first_that_fits_serves(
    serve: Asgi | Wsgi | CommandLine, locked: set[str], server: str | None
) -> None:
    assert choose_server(serve, locked) == server


@pytest.mark.parametrize(
    ("wanted", "server"),
    [("gunicorn", "gunicorn"), ("uvicorn", "uvicorn"), ("waitress", "granian")],
)
def test_what_the_project_says_counts_where_the_lock_has_it(wanted: str, server: str) -> None:
    assert choose_server(Asgi(APP), {"granian", "gunicorn"}, wanted) == server


def test_every_server_that_is_chosen_is_known_and_fits() -> None:
    assert all(Asgi in SERVERS[name] for name in (*ASGI_SERVERS, OWN_SERVER))
    assert all(Wsgi in SERVERS[name] for name in (*WSGI_SERVERS, OWN_SERVER))
