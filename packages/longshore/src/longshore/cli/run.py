"""``longshore run``: one command in the project's image."""
# ruff: noqa: PLC0415 - the options are checked first

from pathlib import Path

import click

from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.cli.running import engine_option, settings_options, user_settings


@click.command(
    # Options after the command's name are the command's.
    context_settings={"allow_interspersed_args": False},
    epilog=examples(
        "longshore run -- alembic upgrade head",
        "longshore run -e DATABASE_URL -- python -m taskapi.jobs.purge",
        "echo 'print(1)' | longshore run -- python",
    ),
)
@engine_option
@settings_options
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD [ARGS]...")
@click.pass_obj
def run(
    context: Context,
    *,
    engine: str,
    options: tuple[str, ...],
    env_files: tuple[Path, ...],
    argv: tuple[str, ...],
) -> int:
    """Run one command in the project's image and return its exit code.

    A library can do that too, and a project of which it is not clear what it serves.

    It has the settings and the volumes of the service, and this terminal's input and output.
    """
    from longshore.build import build_image
    from longshore.cli.findings import show_findings
    from longshore.engines.choose import open_engines
    from longshore.engines.command import run_command
    from longshore.types import CommandLine, Process, ProcessKind

    context.otherwise = Process(
        name="job", kind=ProcessKind.JOB, serve=CommandLine(("python",)), port=None
    )
    settings = user_settings(context, options, env_files)
    result = build_image(context)
    show_findings(context.terminal, result.findings)
    context.reporter.close()
    context.terminal.flush()
    return run_command(
        context.project,
        argv,
        engines=open_engines(context),
        choice=engine,
        layout=context.layout,
        descriptor=result.descriptor,
        settings=settings,
    )
