"""``longshore lock``: pin what the project's own lock does not, and the rest if it has none."""

from collections.abc import Sequence

import click

from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.errors import ExitCode


@click.command(
    epilog=examples(
        "longshore lock",
        "longshore lock --upgrade base",
        "longshore lock --upgrade project",
        "longshore lock --upgrade base --upgrade build",
        "longshore lock --check",
    )
)
@click.option(
    "--upgrade",
    "upgrades",
    type=click.Choice(["base", "build", "project"]),
    multiple=True,
    help="Resolve that part again, though it is pinned; repeatable.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is missing.")
@click.pass_obj
def lock(context: Context, *, upgrades: tuple[str, ...], check: bool) -> ExitCode:
    """Pin what the project's own lock does not: the base's packages, the build backends.

    Writes longshore.lock beside pyproject.toml. A project without a lock of its own (uv.lock,
    pylock.toml, requirements.txt with hashes) also gets a pylock.toml, made from what it declares.
    What is pinned stays as it is, unless --upgrade says otherwise. Commit the files: a build that
    has them resolves nothing.
    """
    from longshore.build.locking import missing_locks, write_locks  # noqa: PLC0415 - see build
    from longshore.build.pins import Part  # noqa: PLC0415

    if check:
        missing = missing_locks(context)
        _show(context, "missing", missing)
        return ExitCode.NEGATIVE if missing else ExitCode.OK
    _show(context, "changed", write_locks(context, upgrade=frozenset(map(Part, upgrades))))
    return ExitCode.OK


def _show(context: Context, key: str, lines: Sequence[str]) -> None:
    if context.terminal.wants_json:
        context.terminal.json({key: list(lines)})
        return
    for line in lines:
        context.terminal.data(line)
    if not lines:
        context.terminal.say("the locks are complete")
