"""``longshore up``: build the project, run it here, print its address."""
# ruff: noqa: PLC0415 - the options are checked first

from pathlib import Path
from typing import TYPE_CHECKING

import click

from longshore.cli.completing import process_names
from longshore.cli.context import Context
from longshore.cli.options import examples
from longshore.cli.required import warn_of_lacking
from longshore.cli.running import engine_option, line_writer, settings_options, user_settings
from longshore.errors import UsageError

if TYPE_CHECKING:
    from longshore.build.interface import BuildResult
    from longshore.engines.interface import Run

_ONCE = frozenset({"cron", "job", "release"})
"""The kinds of what does not keep running."""


@click.command(
    epilog=examples(
        "longshore up",
        "longshore up --detach --port 8080 --env-file dev.env",
        "longshore up --watch",
        "longshore up worker",
        "longshore up -e LOG_LEVEL=debug -e DATABASE_URL",
    )
)
@click.argument(
    "processes", nargs=-1, metavar="[PROCESS]...", shell_complete=process_names(without=_ONCE)
)
@click.option("-d", "--detach", is_flag=True, help="Return when it is ready; it goes on running.")
@click.option(
    "-w", "--watch", "watching", is_flag=True, help="Build and start again after each change."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Where the web process answers, 0 for any free port; default: its own port.",
)
@engine_option
@settings_options
@click.pass_obj
def up(
    context: Context,
    *,
    processes: tuple[str, ...],
    detach: bool,
    watching: bool,
    port: int | None,
    engine: str,
    options: tuple[str, ...],
    env_files: tuple[Path, ...],
) -> None:
    """Build the project, run it here, print its address.

    Web processes, workers and schedulers are started, or those of them that are named; a process
    with run = "before-deploy" runs to its end first. The address is printed when the service is
    ready. Then its output is shown until Ctrl-C, which stops it; with --detach it goes on running,
    until 'longshore down'.

    The databases and caches of [tool.longshore.services] are started before everything else; the
    processes get their addresses.

    With --watch, a change of a tracked file or of .env builds again and puts the new version in the
    old one's place; a build that fails is shown, and the old version goes on. What runs
    "before-deploy" runs at the start only.

    What runs of the project already is replaced; where processes are named, only these are.
    """
    if watching and detach:
        msg = "--watch stays in the foreground"
        raise UsageError(msg, hint="leave --detach out")
    from dataclasses import replace

    from longshore.build.recipe import require_process
    from longshore.cli.reporter import OnceReporter
    from longshore.engines.backing.start import open_backing
    from longshore.engines.launch import Launch, Launcher
    from longshore.engines.ports import find_free_port
    from longshore.engines.service import open_services

    port = find_free_port() if port == 0 else port
    if watching:
        context.reporter = OnceReporter(context.reporter)

    def prepare(context: Context) -> Launch:
        settings = user_settings(context, options, env_files)
        return Launch(
            project=context.project,
            settings=settings,
            port=port,
            engine=engine,
            only=processes,
            keep=not watching,
            uses=context.config.services,
        )

    launch = prepare(context)
    services = open_services(context)
    launcher = Launcher(services, open_backing(services, context))
    require_process(context)  # before the ports: what detection says comes first
    plan = launcher.check(launch)
    warn_of_lacking(context, plan.processes, launch.settings)
    result = _build(context)
    launch = replace(launch, project=result.project)
    runs = launcher.bring_up(launch, context.layout, result.descriptor)
    if detach:
        _announce(context, runs)
        return

    def ready() -> None:
        _announce(context, runs, line=True)

    if watching:
        from longshore.cli.watching import watch
        from longshore.engines.watch import Update

        first = Update(launch=launch, descriptor=result.descriptor)
        watch(context, services, launcher, first, runs=runs, relaunch=prepare, ready=ready)
        return
    show = line_writer(context, tuple(run.process for run in runs), prefixed=True)
    services.attend(runs, show=show, ready=ready)


def _build(context: Context) -> "BuildResult":
    from longshore.build import build_image
    from longshore.cli.findings import show_findings

    result = build_image(context)
    show_findings(context.terminal, result.findings)
    return result


def _announce(context: Context, runs: "tuple[Run, ...]", *, line: bool = False) -> None:
    context.reporter.close()
    if context.terminal.wants_json:
        write = context.terminal.json_line if line else context.terminal.json
        write(_describe(runs))
    else:
        for run in runs:
            if run.url is not None:
                context.terminal.data(run.url)
    context.terminal.flush()


def _describe(runs: "tuple[Run, ...]") -> list[dict[str, str | None]]:
    return [
        {
            "service": run.service,
            "process": run.process,
            "engine": run.engine,
            "url": run.url,
            "image": str(run.image),
        }
        for run in runs
    ]
