"""What a server is started with, and what that comes to."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from longshore_runtime.budget import Budget

TARGET: Final = "longshore_runtime.guest:app"
"""What every server imports: the application that ``LONGSHORE_APP`` names, wrapped."""

KEEP_ALIVE: Final = 75
"""Seconds; longer than the idle time-out of the usual proxies in front, as under uvicorn."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What is known before a server starts.

    Attributes:
        interface: ``asgi`` or ``wsgi``.
        workers: processes.
        workers_asked: whether the command line says so, which wins over the server's own settings.
        threads: for blocking code, in each process.
        environ: the environment, where servers have settings of their own.
    """

    host: str
    port: int
    interface: str
    workers: int
    workers_asked: bool
    threads: int
    budget: Budget
    environ: Mapping[str, str]

    @property
    def address(self) -> str:
        """Return ``host:port``, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def graceful(self) -> str:
        """Whole seconds that running requests have."""
        return str(max(round(self.budget.in_flight), 1))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a server is started.

    Attributes:
        command: the words to run.
        environ: variables on top of the environment.
        settings: where the project's own settings of the server come from, such as
            ``gunicorn.conf.py``; empty where there are none.
        workers: processes that it will have; 1 for a server of one process.
        server: name and version.
    """

    command: tuple[str, ...]
    workers: int
    environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    settings: tuple[str, ...] = ()
    server: str = ""
    interface: str = ""


class ServerModule(Protocol):
    """One module of this package."""

    SPEAKS: tuple[str, ...]
    """``asgi`` and ``wsgi``, what is assumed unless told first."""

    def start(self, invocation: Invocation) -> Start:
        """Return how the server is started."""


def python(module: str, *words: str) -> tuple[str, ...]:
    """Return the words that run a module with this interpreter."""
    return (sys.executable, "-m", module, *words)
