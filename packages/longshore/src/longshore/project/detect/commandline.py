"""Command lines that start something: what a ``Procfile`` or a ``Dockerfile`` says.

Covered: uvicorn, gunicorn, hypercorn, granian, daphne, waitress-serve, ``fastapi run|dev``,
``flask run``, ``python manage.py runserver``; anything else stays a command.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from longshore.project.detect.frameworks import Interface

RUNNERS: Final = {
    ("uv", "run"),
    ("poetry", "run"),
    ("pdm", "run"),
    ("pipenv", "run"),
    ("hatch", "run"),
    ("rye", "run"),
    ("newrelic-admin", "run-program"),
}
"""Prefixes that only choose an environment; the image has exactly one."""

_SHELL = re.compile(r"&&|\|\||[;|<>`]|\$\(|(?<!\S)&(?!\S)|&$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_SETTING = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_TARGET = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(.*\))?)?")
_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_ASGI_SERVERS = {"uvicorn", "hypercorn", "daphne", "granian"}
_WSGI_SERVERS = {"gunicorn", "waitress-serve"}
_FLAGS: Final = frozenset(
    [
        "--access-log",
        "--call",
        "--capture-output",
        "--daemon",
        "--debug",
        "--expose-tracebacks",
        "--factory",
        "--no-access-log",
        "--no-date-header",
        "--no-proxy-headers",
        "--no-reload",
        "--no-sendfile",
        "--no-server-header",
        "--no-ws",
        "--preload",
        "--proxy-headers",
        "--proxy-protocol",
        "--reload",
        "--respawn-failed",
        "--reuse-port",
        "--spew",
        "--use-colors",
        "--no-use-colors",
        "-D",
        "-R",
    ]
)
"""Options of the servers that take no value."""

_DOTTED: Final = frozenset({"-c", "--config", "-k", "--worker-class", "--loop", "--logger-class"})
"""Options whose value may look like an application."""


class ShellError(ValueError):
    """A line needs a shell; the message says what of it, ``hint`` what to write instead."""

    def __init__(self, message: str, *, hint: str = "write what runs, without a shell") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command line, understood as far as it can be.

    Args:
        argv: the program and its arguments, prefixes such as ``uv run`` removed.
        env: settings in front of the program.
        server: the server that it starts, or an empty string.
        target: what it serves: ``shop.main:app``; a module or a file for some.
        interface: how; ``None`` where the server speaks both or it is not served.
        factory: whether the target is called first.
        port: the number that it gives, or ``None``.
        development: what is a development server's, or an empty string: ``flask run``.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    server: str = ""
    target: str = ""
    interface: Interface | None = None
    factory: bool = False
    port: int | None = None
    development: str = ""


def parse_command(text: str, *, port: int) -> Invocation:
    """Parse one line.

    Args:
        text: as written for a shell.
        port: what ``$PORT`` stands for.

    Raises:
        ShellError: if it needs a shell to be understood.
    """
    needs = _SHELL.search(_unquoted(text))
    if needs:
        msg = f"{needs[0]!r} needs a shell, and the image has none"
        raise ShellError(msg)
    expanded = _expand(text, port=port)
    try:
        words = shlex.split(expanded)
    except ValueError as error:  # an open quote
        msg = f"{str(error).lower()} in {text!r}"
        raise ShellError(msg) from None
    return parse_argv(tuple(words))


def _unquoted(text: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)


def _expand(text: str, *, port: int) -> str:
    def replace(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name == "PORT":
            return str(port)
        if match[2] is not None:
            return match[2]
        msg = f"'${name}' would need a shell to be replaced"
        raise ShellError(msg, hint="write its value in its place, or leave the option out")

    return _VARIABLE.sub(replace, text)


def parse_argv(words: tuple[str, ...]) -> Invocation:
    """Understand a command that is already split into words."""
    env: list[tuple[str, str]] = []
    rest = list(words)
    while rest and (setting := _SETTING.fullmatch(rest[0])):
        env.append((setting[1], setting[2]))
        rest.pop(0)
    while rest and (rest[0] in {"exec", "env"} or tuple(rest[:2]) in RUNNERS):
        del rest[: 1 if rest[0] in {"exec", "env"} else 2]
        while rest and rest[0] in {"--", "--no-dev", "--no-sync", "--frozen", "--locked"}:
            rest.pop(0)
    argv = tuple(rest)
    given = _as_server(argv)
    settings = tuple(env)
    if given is None:
        return Invocation(argv=argv, env=settings)
    program, arguments = given
    if program in {"fastapi", "flask", "manage.py"}:
        return _read_framework(argv, settings, program, arguments)
    return _read_server(argv, settings, program, arguments)


def _as_server(argv: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    if not argv:
        return None
    program = argv[0].rpartition("/")[2]
    if re.fullmatch(r"python[\d.]*", program):
        if argv[1:2] == ("-m",) and len(argv) > 2:  # noqa: PLR2004  # python -m NAME
            program, rest = argv[2], argv[3:]
        elif len(argv) > 1 and argv[1].rpartition("/")[2] == "manage.py":
            return ("manage.py", argv[2:]) if argv[2:3] == ("runserver",) else None
        else:
            return None
    elif program == "manage.py":
        return (program, argv[1:]) if argv[1:2] == ("runserver",) else None
    else:
        rest = argv[1:]
    if program == "waitress":
        program = "waitress-serve"
    known = _ASGI_SERVERS | _WSGI_SERVERS | {"fastapi", "flask"}
    return (program, rest) if program in known else None


def _read_framework(
    argv: tuple[str, ...], env: tuple[tuple[str, str], ...], program: str, rest: tuple[str, ...]
) -> Invocation:
    options, words = _options(rest)
    command = words[0] if words else ""
    port = _number(options.get("--port") or options.get("-p"))
    if program == "manage.py":
        address = words[1] if len(words) > 1 else ""
        return Invocation(
            argv=argv,
            env=env,
            server="manage.py",
            port=_number(address.rpartition(":")[2]),
            development="manage.py runserver",
        )
    if program == "flask":
        if command != "run":
            return Invocation(argv=argv, env=env)
        app = options.get("--app") or options.get("-A") or dict(env).get("FLASK_APP", "")
        return Invocation(
            argv=argv,
            env=env,
            server="flask",
            target=app,
            interface=Interface.WSGI,
            port=port,
            development="flask run",
        )
    target = options.get("--entrypoint") or options.get("-e") or (words[1] if words[1:] else "")
    return Invocation(
        argv=argv,
        env=env,
        server="fastapi",
        target=target,
        interface=Interface.ASGI,
        port=port,
        development="fastapi dev" if command == "dev" else "",
    )


def _read_server(
    argv: tuple[str, ...], env: tuple[tuple[str, str], ...], program: str, rest: tuple[str, ...]
) -> Invocation:
    options, words = _options(rest)
    target = next((word for word in words if _TARGET.fullmatch(word)), "")
    worker = options.get("-k") or options.get("--worker-class") or ""
    interface = Interface.ASGI if program in _ASGI_SERVERS else Interface.WSGI
    if program == "gunicorn" and re.search("uvicorn|asgi|quart", worker, re.IGNORECASE):
        interface = Interface.ASGI
    if program == "granian" and options.get("--interface") == "wsgi":
        interface = Interface.WSGI
    if "aiohttp" in worker:
        return Invocation(argv=argv, env=env)  # aiohttp's own protocol: gunicorn itself runs
    called = target.partition("(")[0]
    default = ":application" if program in _WSGI_SERVERS else ":app"
    bind = options.get("-b") or options.get("--bind") or options.get("--listen") or ""
    port = options.get("--port") or options.get("-p") or bind.rpartition(":")[2]
    return Invocation(
        argv=argv,
        env=env,
        server=program,
        target=called if ":" in called or not called else called + default,
        interface=interface,
        factory="(" in target or "--factory" in options or "--call" in options,
        port=_number(port),
        development="--reload" if "--reload" in options else "",
    )


def _options(words: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Split into options with their values and other words."""
    options: dict[str, str] = {}
    others: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if not word.startswith("-") or word == "-":
            others.append(word)
        elif "=" in word:
            name, _, value = word.partition("=")
            options[name] = value
        elif word in _FLAGS or not pending or (pending[0].startswith("-") and pending[0] != "-"):
            options[word] = ""
        elif word not in _DOTTED and _APPLICATION.fullmatch(pending[0]):
            options[word] = ""  # a flag that this list does not know, and then the application
        else:
            options[word] = pending.pop(0)
    return options, others


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
