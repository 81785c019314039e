"""``longshore logs``: the output of what runs here."""
# ruff: noqa: PLC0415 - not for --help

import click

from longshore.cli.completing import started_names
from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.cli.running import line_writer


@click.command(epilog=examples("longshore logs", "longshore logs web --follow --tail 20"))
@click.argument("process", required=False, shell_complete=started_names())
@click.option("-f", "--follow", is_flag=True, help="Go on until everything has ended, or Ctrl-C.")
@click.option(
    "-n", "--tail", type=click.IntRange(min=0), metavar="N", help="Only the last lines of each."
)
@click.pass_obj
def logs(context: Context, *, process: str | None, follow: bool, tail: int | None) -> None:
    """Show the output of what runs of the project, or of one process of it."""
    from longshore.engines.follow import interleave, show_in_turn
    from longshore.engines.service import open_services

    services = open_services(context)
    runs = services.select(context.root, process)
    streams = {
        run.process: services.engines.named(run.engine).logs(run, follow=follow, tail=tail)
        for run in runs
    }
    show = line_writer(context, tuple(streams), prefixed=len(streams) > 1)
    (interleave if follow else show_in_turn)(streams, show=show)
