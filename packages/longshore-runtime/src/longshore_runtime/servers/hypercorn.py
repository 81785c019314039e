"""hypercorn: a ``hypercorn.toml`` beside the application is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from longshore_runtime.servers.interface import KEEP_ALIVE, TARGET, Start, python

if TYPE_CHECKING:
    from longshore_runtime.servers.interface import Invocation

SPEAKS: Final = ("asgi",)
CONFIG: Final = "hypercorn.toml"


def start(invocation: Invocation) -> Start:
    """Return how hypercorn is started; its command line wins over its file."""
    has_file = os.path.exists(CONFIG)  # noqa: PTH110 -- as the loader
    words: tuple[str, ...] = ("--config", CONFIG) if has_file else ("--keep-alive", str(KEEP_ALIVE))
    if invocation.workers_asked or not has_file:
        words += ("--workers", str(invocation.workers))
    return Start(
        command=python(
            "hypercorn",
            *words,
            *("--bind", invocation.address),
            *("--graceful-timeout", invocation.graceful),
            TARGET,
        ),
        workers=invocation.workers,
        settings=(CONFIG,) if has_file else (),
    )
