"""Run one command, or one process by its name, in a service's image, in the foreground."""

import secrets

from longshore.engines.backing.lending import Lending
from longshore.engines.choose import Engines
from longshore.engines.image import select_platform
from longshore.engines.interface import EngineError
from longshore.engines.plan import Supply, plan_command, plan_named
from longshore.engines.settings import Settings
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.types import CommandLine, Process, ProcessKind, Project


def as_process(project: Project, argv: tuple[str, ...]) -> Process:
    """Return a command as a process with the settings of the whole service."""
    return Process(
        name="run",
        kind=ProcessKind.JOB,
        serve=CommandLine(argv),
        env={name: value for one in project.processes for name, value in one.env.items()},
        secrets=tuple(name for one in project.processes for name in one.secrets),
    )


def run_command(
    project: Project,
    argv: tuple[str, ...],
    *,
    engines: Engines,
    choice: str,
    layout: ImageLayout,
    descriptor: Descriptor,
    settings: Settings,
    lending: Lending,
    process: Process | None = None,
) -> int:
    """Run a command on this program's own streams and return its exit code.

    Args:
        project: whose settings and volumes it gets.
        argv: the command; unused where there is a process.
        engines: what can run it.
        choice: the engine's name, or ``auto``.
        layout: where the image is.
        descriptor: which image.
        settings: the user's, and the secrets that the project's processes declare.
        lending: gives it the databases and caches that the project is configured to use.
        process: what runs, with its own settings and volumes, instead of a command.

    Raises:
        PreflightError: if no engine can run it.
        DeployError: if what it uses does not come up.
    """
    candidates = lending.order(project, engines.usable(choice))
    image = select_platform(layout, descriptor)
    sharing = project.processes if process is None else (process,)
    given = settings.select([name for each in sharing for name in each.secrets])
    for engine in candidates:
        try:
            loaded = engine.load(layout, image, service=project.name)
            with lending.lend(project, engine) as provided:
                supply = Supply(variables=provided, networked=bool(lending.wanted))
                run_id, name = secrets.token_hex(8), project.name
                if process is None:
                    spec = plan_command(
                        project, loaded, argv, run_id=run_id, settings=given, supply=supply
                    )
                else:
                    spec = plan_named(
                        process, loaded, run_id=run_id, service=name, settings=given, supply=supply
                    )
                code = engine.run(spec)
        except EngineError:
            if engine is candidates[-1]:
                raise
        else:
            engine.tidy()
            return code
    raise AssertionError  # the last candidate has returned or raised
