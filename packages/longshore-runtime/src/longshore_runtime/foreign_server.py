"""Serve an application with a server that is not ours: check the port, compose, supervise."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from longshore_runtime import __version__
from longshore_runtime.command import supervise
from longshore_runtime.listener import bind_socket
from longshore_runtime.prepare import make_plan
from longshore_runtime.report import describe_budget, describe_features
from longshore_runtime.servers import compose

if TYPE_CHECKING:
    from longshore_runtime.options import Options
    from longshore_runtime.prepare import Plan
    from longshore_runtime.servers.interface import Start


def serve_foreign(options: Options) -> NoReturn:
    """Become the supervisor of the server that the options name.

    Raises:
        ServeError: a setting is wrong, the port is in use, or the server is not installed.
    """
    plan = make_plan(options)
    port = find_port(options.host, options.port)
    start = compose(options, plan, port=port)
    os.environ.update(start.environ)
    supervise(options, start.command, describe_boot(options, plan, start, port))


def find_port(host: str, port: int) -> int:
    """Return the port to listen on, which is free at this moment; 0 takes any.

    The server binds it itself: kept open here, clients would queue at it after the server has
    closed its own. So it may still be taken in between, which the server then says in its words.

    Raises:
        ServeError: it is in use, or can't be listened on.
    """
    listener = bind_socket(host, port)
    try:
        number: int = listener.getsockname()[1]
    finally:
        listener.close()
    return number


def describe_boot(options: Options, plan: Plan, start: Start, port: int) -> dict[str, object]:
    """Return the boot line: what is known before the server runs."""
    shown = f"[{options.host}]" if ":" in options.host else options.host
    workers_why = plan.workers.reason
    if start.workers != plan.workers.count:
        workers_why = f"{options.server} runs one process"
    elif start.settings and options.workers is None:
        workers_why += f"; {', '.join(start.settings)} may say otherwise"
    return {
        "message": f"serving {options.target} on http://{shown}:{port}",
        "version": __version__,
        "python": sys.version.split()[0],
        "app": options.target,
        "interface": start.interface,
        "server": start.server,
        "server_settings": list(start.settings),
        "workers": start.workers,
        "workers_why": workers_why,
        "threads": plan.threads.count,
        "host": options.host,
        "port": port,
        "features": describe_features(options, plan, None),
        "budget": describe_budget(options),
        "command": list(start.command),
    }
