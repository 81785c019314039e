"""The command line: ``longshore-serve [OPTIONS] pkg.module:app`` or ``… -- COMMAND ARGS…``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from longshore_runtime.errors import ServeError
from longshore_runtime.options import read_options

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``longshore-serve``; returns the exit code (see ``ExitCode``).

    Args:
        argv: the words after the program's name; the process's own by default.
    """
    words = sys.argv[1:] if argv is None else argv
    try:
        options = read_options(words, os.environ)
        if options.command:
            from longshore_runtime.command import run_command  # noqa: PLC0415 -- keep it light

            return run_command(options.command)
        from longshore_runtime.serve import serve  # noqa: PLC0415 -- asyncio and the rest

        return int(serve(options))
    except ServeError as error:
        report(error)
        return int(error.code)


def report(error: ServeError) -> None:
    """Write a failed start for people on standard error, and one JSON line last."""
    from longshore_runtime.events import EventLog  # noqa: PLC0415 -- only when a start fails

    lines = [line for part in error.detail for line in part.splitlines()]
    lines.append(f"longshore-serve: {error.message}")
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
    EventLog().emit(
        "failed",
        error.message,
        level="error",
        cause=error.kind,
        hint=error.hint,
        exit_code=int(error.code),
    )
