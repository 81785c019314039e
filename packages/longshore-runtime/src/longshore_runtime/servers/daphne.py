"""daphne: one process; it knows no lifespan, and cancels what runs the moment it is told to stop.

The second is taken care of where the application is wrapped (``foreign``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from longshore_runtime.servers.interface import TARGET, Start, python

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Invocation

SPEAKS: Final = ("asgi",)


def start(invocation: Invocation) -> Start:
    """Return how daphne is started."""
    return Start(
        command=python(
            "daphne",
            *("--bind", invocation.host, "--port", str(invocation.port)),
            # Its access log, which is on by default.
            *("--verbosity", "0"),
            TARGET,
        ),
        workers=1,
    )
