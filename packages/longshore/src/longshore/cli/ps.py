"""``longshore ps``: what runs here."""
# ruff: noqa: PLC0415 - not for --help

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from longshore.cli.context import Context
from longshore.cli.options import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from longshore.engines.interface import Restarts, Run
    from longshore.engines.service import Services

HEADERS = ("SERVICE", "PROCESS", "ENGINE", "STATE", "URL", "IMAGE", "SINCE")


@click.command(epilog=examples("longshore ps", "longshore ps -v", "longshore ps --format json"))
@click.pass_obj
def ps(context: Context) -> None:
    """Show what runs here, of every project, and what has ended and was not taken down.

    With -v, also where the volumes of each are on this machine.
    """
    from longshore.engines.reasons import describe_state
    from longshore.engines.service import open_services

    services = open_services(context)
    found = services.observe()
    if context.terminal.wants_json:
        context.terminal.json(
            [
                {
                    "service": run.service,
                    "process": run.process,
                    "kind": "process" if run.backing is None else "service",
                    "engine": run.engine,
                    "state": state.status.value,
                    "exit_code": state.exit_code,
                    "out_of_memory": state.out_of_memory,
                    "restarts": _restarts(state.restarts),
                    "url": run.url,
                    "image": str(run.image),
                    "root": str(run.root),
                    "since": run.created.isoformat(),
                    "volumes": [
                        {
                            "name": volume.name,
                            "target": str(volume.target),
                            "path": None if path is None else str(path),
                        }
                        for volume, path in services.volumes(run)
                    ],
                }
                for run, state in found
            ]
        )
        return
    if not found:
        context.terminal.say("nothing runs here")
        return
    now = datetime.now(UTC)
    rows = [
        (
            run.service,
            run.process,
            run.engine,
            describe_state(state),
            run.url or "",
            run.image.short,
            describe_age((now - run.created).total_seconds()),
        )
        for run, state in found
    ]
    context.terminal.table(HEADERS, rows)
    if context.terminal.verbosity > 0:
        _tell_volumes(context, services, [run for run, _ in found])


def _tell_volumes(context: Context, services: "Services", runs: "Sequence[Run]") -> None:
    lines = {
        f"{run.service} {volume.target}: volume {volume.name} ({run.engine}), {path or 'unknown'}"
        for run in runs
        for volume, path in services.volumes(run)
    }
    for line in sorted(lines):
        context.terminal.detail(line)


def _restarts(restarts: "Restarts") -> dict[str, int | bool | None]:
    last = restarts.last
    return {
        "count": restarts.count,
        "last_exit_code": None if last is None else last.exit_code,
        "last_out_of_memory": last is not None and last.out_of_memory,
    }


def describe_age(seconds: float) -> str:
    """Return a duration in its largest unit: ``42s``, ``5m``, ``3h``, ``12d``."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(int(seconds), 0)}s"
