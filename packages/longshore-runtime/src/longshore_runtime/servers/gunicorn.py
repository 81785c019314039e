"""gunicorn: threads for WSGI, an ASGI worker for ASGI.

What the runtime proposes is weaker than ``gunicorn.conf.py`` and ``GUNICORN_CMD_ARGS``; where it
listens and how long it drains is stronger, because gunicorn's command line is.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ImportFailedError
from longshore_runtime.servers.interface import KEEP_ALIVE, TARGET, Start, python

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Invocation

SPEAKS: Final = ("wsgi", "asgi")
CONFIG: Final = "gunicorn.conf.py"
ARGUMENTS: Final = "GUNICORN_CMD_ARGS"
MEMORY: Final = "/dev/shm"  # noqa: S108 -- where the heartbeat's file needs no writable root

ASGI_WORKERS: Final = (
    ("uvicorn_worker", "uvicorn_worker.UvicornWorker"),
    ("gunicorn.workers.gasgi", "asgi"),
    ("uvicorn.workers", "uvicorn.workers.UvicornWorker"),
)
"""Modules and the worker classes in them; who installs the first one means it."""


def start(invocation: Invocation) -> Start:
    """Return how gunicorn is started.

    Raises:
        ImportFailedError: an ASGI application, and no worker that speaks it.
    """
    proposed: dict[str, object] = {
        "workers": invocation.workers,
        "keepalive": KEEP_ALIVE,
        "control_socket_disable": True,
    }
    if invocation.interface == "asgi":
        proposed["worker_class"] = find_asgi_worker()
    else:
        proposed |= {"worker_class": "gthread", "threads": invocation.threads}
    if os.access(MEMORY, os.W_OK):
        proposed["worker_tmp_dir"] = MEMORY
    if "FORWARDED_ALLOW_IPS" not in invocation.environ:
        # The runtime applies TRUSTED_PROXIES itself, under every server in the same way.
        proposed["forwarded_allow_ips"] = ""
    asked = ("--workers", str(invocation.workers)) if invocation.workers_asked else ()
    found = (CONFIG if os.path.exists(CONFIG) else "", ARGUMENTS)  # noqa: PTH110 -- as the loader
    return Start(
        command=python(
            "longshore_runtime.servers.gunicorn_program",
            json.dumps(proposed, sort_keys=True),
            *("--bind", invocation.address),
            *("--graceful-timeout", invocation.graceful),
            *asked,
            TARGET,
        ),
        workers=invocation.workers,
        settings=tuple(
            each for each in found if each == CONFIG or (each and each in invocation.environ)
        ),
    )


def find_asgi_worker() -> str:
    """Return the class of the ASGI worker that is installed.

    Raises:
        ImportFailedError: there is none.
    """
    for module, name in ASGI_WORKERS:
        try:
            if find_spec(module) is not None:
                return name
        except ModuleNotFoundError:
            continue
    msg = "--server gunicorn: this version has no worker for ASGI applications"
    raise ImportFailedError(msg, hint="use gunicorn 25 or newer, or add uvicorn-worker")
