"""granian: its own ``GRANIAN_*`` variables win over what the runtime proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from longshore_runtime.servers.interface import TARGET, Start, python

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Invocation

SPEAKS: Final = ("asgi", "wsgi")


def start(invocation: Invocation) -> Start:
    """Return how granian is started."""
    proposed = {"GRANIAN_WORKERS": str(invocation.workers)}
    if invocation.interface == "wsgi":
        proposed["GRANIAN_BLOCKING_THREADS"] = str(invocation.threads)
    own = tuple(sorted(name for name in invocation.environ if name.startswith("GRANIAN_")))
    budget = invocation.budget
    asked = ("--workers", str(invocation.workers)) if invocation.workers_asked else ()
    return Start(
        command=python(
            "granian",
            *("--host", invocation.host, "--port", str(invocation.port)),
            *("--interface", invocation.interface),
            # Without it a worker that does not stop is waited for until the supervisor kills all.
            *("--workers-kill-timeout", f"{max(budget.in_flight + budget.lifespan, 1):g}"),
            *("--no-factory", "--no-reload"),
            *asked,
            TARGET,
        ),
        environ={name: invocation.environ.get(name, value) for name, value in proposed.items()},
        settings=own,
        workers=invocation.workers,
    )
