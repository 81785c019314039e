"""``longshore lock``: pin what the project's own lock does not."""

import click

from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.errors import ExitCode


@click.command(
    epilog=examples(
        "longshore lock",
        "longshore lock --upgrade base",
        "longshore lock --upgrade base --upgrade build",
        "longshore lock --check",
    )
)
@click.option(
    "--upgrade",
    "upgrades",
    type=click.Choice(["base", "build"]),
    multiple=True,
    help="Resolve that part again, though it is pinned; repeatable.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is missing.")
@click.pass_obj
def lock(context: Context, *, upgrades: tuple[str, ...], check: bool) -> ExitCode:
    """Pin what the project's own lock does not: the base's packages, the build backends.

    Writes longshore.lock beside pyproject.toml. What is pinned stays as it is, unless --upgrade
    says otherwise. Commit the file: a build that has it resolves nothing.
    """
    from longshore.build.pins import Part, missing_pins, write_missing_pins  # noqa: PLC0415

    if check:
        missing = missing_pins(context)
        for line in missing:
            context.terminal.data(line)
        return ExitCode.NEGATIVE if missing else ExitCode.OK
    changes = write_missing_pins(context, upgrade=frozenset(map(Part, upgrades)))
    if context.terminal.wants_json:
        context.terminal.json({"changed": list(changes)})
    elif changes:
        for line in changes:
            context.terminal.data(line)
    else:
        context.terminal.say("longshore.lock is complete")
    return ExitCode.OK
