"""What ``longshore-serve`` was asked to do: flags win over the environment, that over defaults."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING, Final, Literal, cast

from longshore_runtime import __version__
from longshore_runtime.budget import Budget, read_budget
from longshore_runtime.errors import ConfigError
from longshore_runtime.proxy import VARIABLE as TRUSTED
from longshore_runtime.proxy import Trust
from longshore_runtime.servers import NAMES, SUPERVISED
from longshore_runtime.workers import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Task = Literal["serve", "check", "print-config"]
Interface = Literal["auto", "asgi", "wsgi"]

MAX_PORT: Final = 65535


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One start of a service, validated.

    Attributes:
        target: ``pkg.module:attribute``; empty when a command is supervised.
        command: the command to supervise; empty when an application is served.
        port: 0 lets the kernel choose.
        management_port: where health is answered apart from the application; None is nowhere.
        workers: processes asked for by the flag; None leaves the decision to the environment.
        trust: the proxies whose forwarding headers count.
        task: serve, or only check, or only show the configuration.
        server: one of ``servers.NAMES``; ``auto`` is uvicorn.
    """

    target: str
    command: tuple[str, ...]
    host: str
    port: int
    management_port: int | None
    interface: Interface
    factory: bool
    workers: int | None
    budget: Budget
    trust: Trust
    task: Task
    server: str = "auto"

    @property
    def is_foreign(self) -> bool:
        """Whether another server than uvicorn serves, as a command behind the supervisor."""
        return self.server in SUPERVISED


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="longshore-serve",
        usage="%(prog)s [OPTIONS] pkg.module:app\n       %(prog)s [OPTIONS] -- COMMAND",
        description="Serve a Python web application so that a stop loses no request.",
        epilog="Every option of the drain is an environment variable: see the reference.",
    )
    add = parser.add_argument
    add("target", nargs="?", default="", metavar="pkg.module:app", help="the application")
    add("--host", help="address to listen on (LONGSHORE_HOST; default 127.0.0.1)")
    add("--port", help="port to listen on, 0 for any (PORT; default 8000)")
    add(
        "--management-port",
        metavar="PORT",
        help="answer health on this port too, from a thread (LONGSHORE_MANAGEMENT_PORT)",
    )
    add("--interface", choices=("auto", "asgi", "wsgi"), help="what the application speaks")
    add("--server", choices=NAMES, default="auto", help="what serves it (default: uvicorn)")
    add("--factory", action="store_true", help="the attribute is a function that returns it")
    add("--workers", metavar="N", help="processes (WEB_CONCURRENCY; default: see the reference)")
    add(
        "--check",
        dest="task",
        action="store_const",
        const="check",
        help="check the settings and import the application, then exit",
    )
    add(
        "--print-config",
        dest="task",
        action="store_const",
        const="print-config",
        help="print the effective configuration without any value of a secret, then exit",
    )
    add("--version", action="version", version=f"longshore-runtime {__version__}")
    return parser


def read_options(argv: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Parse the command line and the environment.

    Raises:
        ConfigError: an environment variable or a port is wrong; all of them are named at once.
        SystemExit: argparse's own, with code 2, for a wrong command line.
    """
    words = list(argv)
    command: tuple[str, ...] = ()
    if "--" in words:
        split = words.index("--")
        words, command = words[:split], tuple(words[split + 1 :])
    parser = build_parser()
    flags = parser.parse_args(words)
    if bool(flags.target) == bool(command):
        parser.error("name one application (pkg.module:app) or one command (-- COMMAND)")
    problems: list[str] = []
    port = _read_port(flags.port, "--port", environ, ("PORT",), problems)
    management = _read_port(
        flags.management_port,
        "--management-port",
        environ,
        ("LONGSHORE_MANAGEMENT_PORT",),
        problems,
    )
    try:
        budget = read_budget(environ)
    except ConfigError as error:
        problems.append(error.message)
        budget = Budget()
    workers: int | None = None
    try:
        workers = None if flags.workers is None else read_count("--workers", flags.workers)
    except ConfigError as error:
        problems.append(error.message)
    try:
        trust = Trust.parse(environ.get(TRUSTED, "loopback"))
    except ConfigError as error:
        problems.append(error.message)
        trust = Trust(())
    if problems:
        raise ConfigError("; ".join(problems), hint="correct the setting and start again")
    return Options(
        target=flags.target,
        command=command,
        host=flags.host or environ.get("LONGSHORE_HOST") or "127.0.0.1",
        port=8000 if port is None else port,
        management_port=management,
        interface=cast("Interface", flags.interface or "auto"),
        factory=flags.factory,
        workers=workers,
        budget=budget,
        trust=trust,
        task=cast("Task", flags.task or "serve"),
        server=flags.server,
    )


def _read_port(
    flag: str | None,
    flag_name: str,
    environ: Mapping[str, str],
    variables: tuple[str, ...],
    problems: list[str],
) -> int | None:
    candidates = [(flag_name, flag), *((name, environ.get(name)) for name in variables)]
    for name, text in candidates:
        if text is None or not text.strip():
            continue
        if text.strip().isdecimal() and int(text) <= MAX_PORT:
            return int(text)
        problems.append(f"{name}: expected a port between 0 and {MAX_PORT}")
        return None
    return None
