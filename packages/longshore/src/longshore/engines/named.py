"""Processes that are asked for by name: those that ``up`` starts, the one that ``run`` starts."""

from collections.abc import Iterable, Sequence

from longshore.config.suggestion import suggest
from longshore.engines.interface import Run, RunState
from longshore.errors import UsageError
from longshore.types import Process, ProcessKind, Project

LASTING = (ProcessKind.WEB, ProcessKind.WORKER, ProcessKind.SCHEDULER)
"""What keeps running, in the order of starting."""

_WHEN = {
    ProcessKind.CRON: "runs by its schedule",
    ProcessKind.JOB: "runs when it is asked for",
    ProcessKind.RELEASE: "runs before the others, every time",
}


def choose_lasting(lasting: Iterable[Process], names: Sequence[str], project: Project) -> list[str]:
    """Return the names of what ``up`` was asked for, or of everything.

    Args:
        lasting: what of the project keeps running.
        names: as given; none for all.
        project: for what else it has.

    Raises:
        UsageError: for a name that is none of these, with the ones that are.
    """
    known = [process.name for process in lasting]
    others = {each.name: each for each in project.processes if each.name not in known}
    for name in names:
        if name in others:
            msg = f"process {name!r} does not keep running: it {_WHEN[others[name].kind]}"
            raise UsageError(msg, hint=f"run it once, by itself: longshore run {name}")
        if name not in known:
            msg = f"{project.name} has no process {name!r}"
            hint = suggest(name, known) or f"choose from {', '.join(known)}"
            raise UsageError(msg, context=[f"it has {', '.join(known)}"], hint=hint)
    return [name for name in known if name in names] if names else known


def find_named(project: Project, argv: Sequence[str]) -> Process | None:
    """Return the process that ``run`` is asked for: by one word, which is its name.

    Raises:
        UsageError: for a web process, which has its address from ``up``.
    """
    if len(argv) != 1:
        return None
    found = next((each for each in project.processes if each.name == argv[0]), None)
    if found is not None and found.kind is ProcessKind.WEB:
        msg = f"process {found.name!r} serves at an address, which 'run' does not have"
        raise UsageError(msg, hint=f"start it alone: longshore up {found.name}")
    return found


def check_alone(process: Process, observed: Iterable[tuple[Run, RunState]]) -> None:
    """Keep a singleton from running twice.

    Args:
        process: what is about to run.
        observed: the runs of its service.

    Raises:
        UsageError: if it is one, and runs already.
    """
    if not (process.singleton or process.kind is ProcessKind.SCHEDULER):
        return
    if any(run.process == process.name and not state.is_over for run, state in observed):
        msg = f"process {process.name!r} must not run twice, and it runs already"
        raise UsageError(msg, hint="see it: longshore ps; stop it: longshore down")
