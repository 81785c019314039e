"""``longshore up --watch``: build and start again after each change."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.build import build_image
from longshore.build.interface import BuildResult
from longshore.cli.failure import report_error
from longshore.cli.findings import show_findings
from longshore.cli.running import line_writer
from longshore.engines.backing.start import names_of
from longshore.engines.launch import Launch, Launcher, check_secrets
from longshore.engines.service import Services
from longshore.engines.watch import FileWatcher, Rebuilder, Update, attend_to_versions

if TYPE_CHECKING:
    from longshore.cli.context import Context
    from longshore.engines.interface import Run
    from longshore.errors import LongshoreError

_SHOWN = 3
"""Names of changed files in a message."""


def watch(
    context: "Context",
    services: Services,
    launcher: Launcher,
    first: Update,
    *,
    runs: "Sequence[Run]",
    relaunch: "Callable[[Context], Launch]",
    ready: Callable[[], None],
) -> None:
    """Attend to a service, and replace it whenever its project has changed.

    Args:
        context: of the first version.
        services: of this user.
        launcher: started it.
        first: the version that runs.
        runs: its processes.
        relaunch: reads the project and the settings again.
        ready: called when Ctrl-C will be heeded.
    """
    current = first
    roots = [context.root, *([context.workspace.root] if context.workspace else [])]

    def rebuild() -> Update | None:
        nonlocal current
        fresh = context.renewed()
        launch = relaunch(fresh)
        provided = names_of(launch.uses)
        check_secrets(launch.plan().processes, launch.settings, provided=provided)
        result = _build(fresh)
        launch = replace(launch, project=result.project)
        update = Update(launch=launch, descriptor=result.descriptor)
        if update == current:
            context.terminal.say("no difference to what runs")
            return None
        current = update
        return update

    def failed(error: "LongshoreError") -> None:
        report_error(error, context.terminal)
        context.terminal.say("waiting for the next change")

    rebuilder = Rebuilder(
        FileWatcher(*roots),
        rebuild,
        changed=lambda paths: context.terminal.say(f"changed: {describe_paths(paths, roots)}"),
        failed=failed,
    )
    attend_to_versions(
        services,
        launcher,
        first,
        runs=runs,
        rebuilder=rebuilder,
        layout=context.layout,
        writer=lambda runs: line_writer(context, tuple(run.process for run in runs), prefixed=True),
        ready=ready,
        failed=failed,
    )


def describe_paths(paths: Sequence[Path], roots: Sequence[Path]) -> str:
    """Return a few names, relative to the project's folder."""
    names = [_relative(path, roots) for path in paths]
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _relative(path: Path, roots: Sequence[Path]) -> str:
    root = next((root for root in roots if path.is_relative_to(root)), None)
    return str(path if root is None else path.relative_to(root))


def _build(context: "Context") -> BuildResult:
    result = build_image(context)
    show_findings(context.terminal, result.findings)
    return result
