"""What the commands say about settings that the code requires."""

from typing import TYPE_CHECKING

from longshore.cli.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from longshore.engines.settings import Settings
    from longshore.types import Process


def warn_of_lacking(context: Context, processes: "Iterable[Process]", settings: "Settings") -> None:
    """Warn about everything that processes require and nobody gave; nothing is stopped by it."""
    from longshore.engines.required import DOCS, find_lacking, read_required  # noqa: PLC0415

    processes = tuple(processes)
    provided = {name for service in context.config.services for name in service.addresses}
    lacking = find_lacking(
        read_required(context, processes), processes, settings, provided=provided
    )
    if lacking is not None:
        context.terminal.warn(
            lacking.message, context=lacking.context, hint=lacking.hint, docs=DOCS
        )


def note_required(context: Context) -> None:
    """Tell with ``-v`` what an image will need, and where its code says so."""
    if context.terminal.verbosity <= 0:
        return
    from longshore.engines.required import read_required  # noqa: PLC0415 - only for -v

    required = read_required(context, context.project.processes)
    found = {one.name: one for each in required.values() for one in each}
    for name in sorted(found):
        users = " and ".join(sorted(one for one, each in required.items() if found[name] in each))
        context.terminal.detail(f"note: {found[name].location}: {users} needs {name} to start")
