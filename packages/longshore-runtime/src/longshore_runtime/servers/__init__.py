"""Servers other than uvicorn: the command line of each, and its share of the environment.

The runtime drives uvicorn in its own process. Any other server runs as a command behind the
supervisor, with ``longshore_runtime.guest:app`` in the application's place, so that health, drain
and the report of a failed start are the runtime's.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ConfigError, ImportFailedError
from longshore_runtime.servers.interface import Invocation, ServerModule, Start

if TYPE_CHECKING:
    from longshore_runtime.options import Options
    from longshore_runtime.prepare import Plan

SUPERVISED: Final = ("gunicorn", "granian", "hypercorn", "waitress", "daphne")
"""The servers that run as a command; each has a module here."""

NAMES: Final = ("auto", "uvicorn", *SUPERVISED)
"""What ``--server`` takes."""

APPLICATION: Final = "LONGSHORE_APP"
SERVER: Final = "LONGSHORE_SERVER"
INTERFACE: Final = "LONGSHORE_INTERFACE"
FACTORY: Final = "LONGSHORE_FACTORY"


def compose(options: Options, plan: Plan, *, port: int) -> Start:
    """Return how to start the server that the options name.

    Args:
        options: with one of ``SUPERVISED``.
        plan: workers and threads.
        port: where it listens; never 0.

    Raises:
        ConfigError: the server does not speak the application's interface.
        ImportFailedError: the server is not installed.
    """
    name = options.server
    version = find_version(name)
    module: ServerModule = importlib.import_module(f"longshore_runtime.servers.{name}")
    interface = choose_interface(options, module.SPEAKS)
    start = module.start(
        Invocation(
            host=options.host,
            port=port,
            interface=interface,
            workers=plan.workers.count,
            workers_asked=options.workers is not None,
            threads=plan.threads.count,
            budget=options.budget,
            environ=dict(os.environ),
        )
    )
    environ = {
        **start.environ,
        APPLICATION: options.target,
        SERVER: name,
        INTERFACE: interface,
        FACTORY: "1" if options.factory else "",
    }
    return dataclasses.replace(
        start, environ=environ, server=f"{name} {version}", interface=interface
    )


def find_version(name: str) -> str:
    """Return the version of an installed server.

    Raises:
        ImportFailedError: it is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 -- not for uvicorn

    try:
        return version(name)
    except PackageNotFoundError as error:
        msg = f"--server {name}: {name} is not installed"
        hint = f"add {name} to the project's dependencies, or choose another server"
        raise ImportFailedError(msg, hint=hint) from error


def choose_interface(options: Options, speaks: tuple[str, ...]) -> str:
    """Return what the server and the application speak; the server's first one unless told.

    Raises:
        ConfigError: the server does not speak what ``--interface`` says.
    """
    if options.interface == "auto":
        return speaks[0]
    if options.interface in speaks:
        return options.interface
    msg = f"--server {options.server}: serves {speaks[0].upper()} applications only"
    hint = f"leave --server out: uvicorn serves {options.interface.upper()} applications too"
    raise ConfigError(msg, hint=hint)
