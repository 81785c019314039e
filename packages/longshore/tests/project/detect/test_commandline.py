"""Command lines as people write them in a Procfile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.project.detect.commandline import (
    Invocation,
    ShellError,
    parse_argv,
    parse_command,
)
from longshore.project.detect.frameworks import Interface

A, W = Interface.ASGI, Interface.WSGI


@pytest.mark.parametrize(
    ("text", "target", "interface", "port"),
    [
        ("uvicorn shop.main:app", "shop.main:app", A, None),
        ("uvicorn shop.main:app --host 0.0.0.0 --port $PORT", "shop.main:app", A, 8000),
        ("uvicorn --port 9000 shop.main:app", "shop.main:app", A, 9000),
        ("uvicorn --proxy-headers shop.main:app", "shop.main:app", A, None),
        ("uvicorn --some-new-flag shop.main:app", "shop.main:app", A, None),
        ("python -m uvicorn shop.main:app --port=9000", "shop.main:app", A, 9000),
        ("uv run --no-dev uvicorn shop.main:app", "shop.main:app", A, None),
        ("poetry run gunicorn shop.wsgi", "shop.wsgi:application", W, None),
        ("exec gunicorn shop:app --log-file -", "shop:app", W, None),
        ("gunicorn -w 4 -b 0.0.0.0:9000 shop:app", "shop:app", W, 9000),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker shop:app", "shop:app", A, None),
        ("gunicorn -c python:shop.conf shop:app", "shop:app", W, None),
        ("/app/.venv/bin/gunicorn shop:app", "shop:app", W, None),
        ("newrelic-admin run-program gunicorn shop:app", "shop:app", W, None),
        ("hypercorn shop:app -b 0.0.0.0:${PORT}", "shop:app", A, 8000),
        ("granian --interface asgi shop:app", "shop:app", A, None),
        ("granian --interface wsgi shop:app --port 9000", "shop:app", W, 9000),
        ("daphne -b 0.0.0.0 -p 9000 shop.asgi:application", "shop.asgi:application", A, 9000),
        ("waitress-serve --listen=*:9000 shop:app", "shop:app", W, 9000),
        ("flask --app shop run", "shop", W, None),
        ("fastapi run app/main.py --port 80", "app/main.py", A, 80),
    ],
)
def test_a_server_is_understood(
    text: str, target: str, interface: Interface, port: int | None
) -> None:
    found = parse_command(text, port=8000)

    assert (found.target, found.interface, found.port) == (target, interface, port)


@pytest.mark.parametrize(
    "text",
    [
        "gunicorn 'shop:create_app()'",
        "uvicorn --factory shop:create_app",
        "waitress-serve --call shop:create_app",
    ],
)
def test_a_factory_is_called(text: str) -> None:
    found = parse_command(text, port=8000)

    assert found.factory
    assert found.target == "shop:create_app"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fastapi dev main.py", "fastapi dev"),
        ("flask run", "flask run"),
        ("uvicorn shop:app --reload", "--reload"),
        ("python manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
        ("./manage.py runserver 0.0.0.0:${PORT:-8000}", "manage.py runserver"),
        ("uvicorn shop:app", ""),
        ("fastapi run main.py", ""),
    ],
)
def test_development_servers_are_known(text: str, what: str) -> None:
    assert parse_command(text, port=8000).development == what


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("celery -A shop worker -l info", ("celery", "-A", "shop", "worker", "-l", "info")),
        ("python manage.py migrate", ("python", "manage.py", "migrate")),
        ("flask db upgrade", ("flask", "db", "upgrade")),
        ("uv run python -m shop.bot", ("python", "-m", "shop.bot")),
        (
            "gunicorn -k aiohttp.GunicornWebWorker shop:app",
            ("gunicorn", "-k", "aiohttp.GunicornWebWorker", "shop:app"),
        ),
    ],
)
def test_anything_else_stays_a_command(text: str, argv: tuple[str, ...]) -> None:
    assert parse_command(text, port=8000) == Invocation(argv=argv)


def test_settings_in_front_are_the_environment() -> None:
    found = parse_command("LEVEL=info MODE=a=b gunicorn shop:app", port=8000)

    assert found.env == (("LEVEL", "info"), ("MODE", "a=b"))
    assert found.target == "shop:app"


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a && b", "&&"),
        ("a | b", "|"),
        ("a; b", ";"),
        ("a > b", ">"),
        ("a $(b)", "$("),
        ("a &", "&"),
    ],
)
def test_what_needs_a_shell_is_said(text: str, sign: str) -> None:
    with pytest.raises(ShellError, match="needs a shell") as caught:
        parse_command(text, port=8000)

    assert repr(sign) in str(caught.value)


def test_an_open_quote_is_said() -> None:
    with pytest.raises(ShellError, match="no closing quotation in"):
        parse_command("gunicorn 'shop", port=8000)


def test_quoted_signs_need_no_shell() -> None:
    assert parse_command("python -c 'a; b'", port=8000).argv == ("python", "-c", "a; b")


def test_a_variable_with_a_default_has_it() -> None:
    found = parse_command("gunicorn -w ${WORKERS:-4} -b :${PORT:-5000} shop:app", port=8000)

    assert found.argv == ("gunicorn", "-w", "4", "-b", ":8000", "shop:app")


@given(st.text(max_size=60))
def test_every_line_is_understood_or_refused(text: str) -> None:
    try:
        found = parse_command(text, port=8000)
    except ShellError:
        return
    assert isinstance(found, Invocation)


@given(st.lists(st.text(max_size=10), max_size=6))
def test_every_list_of_words_is_understood(words: list[str]) -> None:
    assert isinstance(parse_argv(tuple(words)), Invocation)
