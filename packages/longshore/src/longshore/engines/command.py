"""Run one command in a service's image, in the foreground."""

import secrets

from longshore.engines.choose import Engines
from longshore.engines.image import select_platform
from longshore.engines.interface import EngineError
from longshore.engines.plan import plan_command
from longshore.engines.settings import Settings
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.types import Project


def run_command(
    project: Project,
    argv: tuple[str, ...],
    *,
    engines: Engines,
    choice: str,
    layout: ImageLayout,
    descriptor: Descriptor,
    settings: Settings,
) -> int:
    """Run a command on this program's own streams and return its exit code.

    Args:
        project: whose settings and volumes it gets.
        argv: the command.
        engines: what can run it.
        choice: the engine's name, or ``auto``.
        layout: where the image is.
        descriptor: which image.
        settings: the user's, and the secrets that the project's processes declare.

    Raises:
        PreflightError: if no engine can run it.
    """
    candidates = engines.usable(choice)
    image = select_platform(layout, descriptor)
    declared = [name for process in project.processes for name in process.secrets]
    given = settings.select(declared)
    for engine in candidates:
        try:
            loaded = engine.load(layout, image, service=project.name)
            run_id = secrets.token_hex(8)
            return engine.run(plan_command(project, loaded, argv, run_id=run_id, settings=given))
        except EngineError:
            if engine is candidates[-1]:
                raise
    raise AssertionError  # the last candidate has returned or raised
