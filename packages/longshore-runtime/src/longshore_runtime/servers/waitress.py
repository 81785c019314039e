"""waitress: one process, threads; no settings but its command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from longshore_runtime.servers.interface import TARGET, Start, python

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Invocation

SPEAKS: Final = ("wsgi",)
CONNECTIONS: Final = "1000"
"""Its default of 100 is reached by the idle connections of a few proxies."""


def start(invocation: Invocation) -> Start:
    """Return how waitress is started."""
    return Start(
        command=python(
            "waitress",
            f"--listen={invocation.address}",
            f"--threads={invocation.threads}",
            f"--connection-limit={CONNECTIONS}",
            # The runtime reads them, and believes TRUSTED_PROXIES only.
            "--no-clear-untrusted-proxy-headers",
            TARGET,
        ),
        workers=1,
    )
