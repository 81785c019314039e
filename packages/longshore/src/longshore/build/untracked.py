"""What a project's author may have forgotten to add."""

from pathlib import PurePosixPath

from longshore.build.interface import Workshop
from longshore.types import Event, Finding, Phase, Reporter, Severity

_SHOWN = 5


def untracked_findings(workshop: Workshop) -> tuple[Finding, ...]:
    """Warn about Python files that are left out because nobody has added them to git."""
    untracked = workshop.source.untracked
    return (_finding(untracked),) if untracked else ()


def report_untracked(untracked: tuple[PurePosixPath, ...], reporter: Reporter) -> None:
    """Warn before an error: what is not found may be there, but not tracked."""
    found = _finding(untracked)
    reporter.report(
        Event(
            kind="project.untracked",
            subject=found.message,
            phase=Phase.WARNING,
            detail=found.hint or "",
        )
    )


def _finding(untracked: tuple[PurePosixPath, ...]) -> Finding:
    names = [str(path) for path in untracked]
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    return Finding(
        rule="build.untracked",
        severity=Severity.WARNING,
        location="",
        message=f"not in the image, because git does not track them: {count}: {shown}",
        hint="run `git add` on what belongs to the project; a commit is not needed",
    )
