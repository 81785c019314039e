"""``longshore run``: one command in the project's image, or one of its processes."""
# ruff: noqa: PLC0415 - the options are checked first

from pathlib import Path

import click

from longshore.cli.completing import process_names
from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.cli.required import warn_of_lacking
from longshore.cli.running import engine_option, settings_options, user_settings


@click.command(
    # Options after the command's name are the command's.
    context_settings={"allow_interspersed_args": False},
    epilog=examples(
        "longshore run -- alembic upgrade head",
        "longshore run -e LOG_LEVEL=debug purge",
        "echo 'print(1)' | longshore run -- python",
    ),
)
@engine_option
@settings_options
@click.argument(
    "argv",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    metavar="{PROCESS | -- CMD [ARGS]...}",
    shell_complete=process_names(without=("web",)),
)
@click.pass_obj
def run(
    context: Context,
    *,
    engine: str,
    options: tuple[str, ...],
    env_files: tuple[Path, ...],
    argv: tuple[str, ...],
) -> int:
    """Run one command, or one process, in the project's image; return its exit code.

    It has the settings, the volumes, the databases and caches of the service, and this terminal's
    input and output. A library can do that too, and a project of which it is not clear what it
    serves.

    One word that is the name of a process runs that process, once, with its own settings, secrets
    and volumes: a nightly job, say, now.
    """
    from longshore.build import build_image
    from longshore.cli.findings import show_findings
    from longshore.engines.backing.lending import Lending
    from longshore.engines.backing.start import names_of, open_backing
    from longshore.engines.command import as_process, run_command
    from longshore.engines.launch import check_secrets
    from longshore.engines.named import check_alone, find_named
    from longshore.engines.service import open_services
    from longshore.types import CommandLine, Process, ProcessKind

    context.otherwise = Process(
        name="job", kind=ProcessKind.JOB, serve=CommandLine(("python",)), port=None
    )
    settings = user_settings(context, options, env_files)
    process = find_named(context.project, argv)
    if process is context.otherwise:
        process = None
    services, uses = open_services(context), context.config.services
    if process is not None:
        check_secrets((process,), settings, provided=names_of(uses))
        check_alone(process, services.observe(context.project.name))
    warn_of_lacking(context, [process or as_process(context.project, argv)], settings)
    result = build_image(context)
    show_findings(context.terminal, result.findings)
    context.reporter.close()
    context.terminal.flush()
    return run_command(
        context.project,
        argv,
        engines=services.engines,
        choice=engine,
        layout=context.layout,
        descriptor=result.descriptor,
        settings=settings,
        process=process,
        lending=Lending(services=services, backing=open_backing(services, context), wanted=uses),
    )
