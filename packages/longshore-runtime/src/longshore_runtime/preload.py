"""Import the application once, before the workers are forked, so that they share its memory.

Not everything survives a fork: threads do not, and gRPC and OpenTelemetry exporters start some.
Where the import leaves such things behind, the process starts over and each worker imports for
itself.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "LONGSHORE_PRELOAD"
"""``0`` lets each worker import the application for itself."""

REASON: Final = "LONGSHORE_PRELOAD_WHY"

FORK_UNSAFE: Final = ("grpc", "opentelemetry.sdk")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the application is to be imported before the fork."""
    return environ.get(VARIABLE, "1").strip().lower() not in {"0", "false", "no", "off"}


def find_obstacle() -> str:
    """Return why a process that has imported the application must not fork, or nothing."""
    others = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    if others:
        return f"the import started threads: {', '.join(sorted(others))}"
    loaded = [name for name in FORK_UNSAFE if name in sys.modules]
    return f"not safe to fork: {', '.join(loaded)}" if loaded else ""


def freeze() -> None:
    """Move what was imported out of the collector's reach, which would copy the shared pages."""
    gc.collect()
    gc.freeze()


def start_over(reason: str) -> NoReturn:
    """Become a fresh process that does not preload, and remember why."""
    environ = {**os.environ, VARIABLE: "0", REASON: reason}
    argv = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, argv, environ)  # noqa: S606 -- a fresh start of ourselves, no shell
