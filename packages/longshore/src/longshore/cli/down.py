"""``longshore down``: stop what runs here."""
# ruff: noqa: PLC0415 - not for --help

import click

from longshore.cli.context import Context
from longshore.cli.options import examples


@click.command(epilog=examples("longshore down", "longshore down --volumes"))
@click.option("--volumes", is_flag=True, help="Also remove its data, for ever.")
@click.pass_obj
def down(context: Context, *, volumes: bool) -> None:
    """Stop what runs of the project, and remove it; its volumes stay.

    Every process gets SIGTERM and the time that its drain setting allows.
    """
    from longshore.engines.service import open_services

    services = open_services(context)
    # By the records first: they are there even where the project can't be read any more.
    names = services.records.services_of(context.root) or (context.project.name,)
    taken = [run for name in names for run in services.take_down(name, volumes=volumes)]
    if context.terminal.wants_json:
        context.terminal.json([{"service": run.service, "process": run.process} for run in taken])
    elif not taken:
        context.terminal.say(f"nothing of {names[0]} runs here")
