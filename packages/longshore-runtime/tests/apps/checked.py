"""An application whose readiness depends on what the test writes into a file."""

import os
from pathlib import Path

from plain import app

from longshore_runtime import check

STATE = Path(os.environ["CHECK_STATE"])


@check(every=0.02, timeout=0.3, failures=2)
def database() -> None:
    if STATE.read_text() != "up":
        msg = "postgres://u:hunter2@db refused"
        raise ConnectionError(msg)


@check(every=0.02, critical=False)
def cache() -> bool:
    return STATE.read_text() != "no cache"


__all__ = ["app"]
