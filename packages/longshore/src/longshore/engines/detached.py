"""Start a supervisor: a program of our own that stays when this one has ended."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR")
"""What it may inherit: it lives long, so the caller's tokens are none of its business."""


def start_supervisor(
    module: str,
    task: Mapping[str, Any],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    """Start a module as a program in a session of its own, and return what it answers.

    Args:
        module: its name.
        task: what it is to do; settings may be secrets, so it comes on standard input.
        environment: what it gets.
        folder: where it runs.
    """
    return subprocess.run(
        # -P: a file of the project in the current folder must not be taken for a module.
        [sys.executable, "-P", "-m", module],
        input=json.dumps(task).encode(),
        capture_output=True,
        cwd=folder,
        env=dict(environment),
        check=False,
        start_new_session=True,
    )


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment any supervisor may have."""
    return {name: environment[name] for name in _INHERITED if name in environment}
