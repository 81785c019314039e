"""``longshore init``: write the smallest table that says what runs."""

import click

from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.errors import ExitCode


@click.command(epilog=examples("longshore init", "longshore init --dry-run"))
@click.option("--dry-run", is_flag=True, help="Print the table, write nothing.")
@click.pass_obj
def init(context: Context, *, dry_run: bool) -> ExitCode:
    """Write the smallest table that says what runs.

    The code is read, nothing is executed. What was found goes to the end of pyproject.toml, or
    into longshore.toml where there is no pyproject.toml. A project that detection understands needs
    no table; write one to pin the choice, or to change it. Secrets without which a process does not
    start are declared; other settings that it needs are named.
    """
    from longshore.project.initial import propose_table, write_table  # noqa: PLC0415

    paths = [file.path for file in context.source.files]
    proposal = propose_table(context.root, context.config, paths)
    if dry_run:
        context.terminal.data(proposal.text.rstrip("\n"))
    else:
        path = write_table(context.root, proposal)
        context.terminal.say(f"wrote the table into {path.name}")
    for one in proposal.settings:
        context.terminal.say(
            f"{one.location}: {one.name} is needed to start: give it with -e, in .env, "
            "or as env in the table"
        )
    for line in proposal.open_questions:
        context.terminal.warn(line)
    return ExitCode.NEGATIVE if proposal.open_questions else ExitCode.OK
