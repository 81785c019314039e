"""Files that a project's author may miss in the image, or would not want there."""

from pathlib import PurePosixPath

from longshore.build.interface import Workshop
from longshore.types import Event, Finding, Phase, Reporter, Severity

_SHOWN = 5


def source_findings(workshop: Workshop) -> tuple[Finding, ...]:
    """Warn about Python files that git does not track, and about settings that it does."""
    untracked, left_out = workshop.source.untracked, workshop.source.left_out
    found = (_finding(untracked),) if untracked else ()
    return (*found, _left_out(left_out)) if left_out else found


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
    return Finding(
        rule="build.untracked",
        severity=Severity.WARNING,
        location="",
        message=f"not in the image, because git does not track them: {_list(untracked)}",
        hint="run `git add` on what belongs to the project; a commit is not needed",
    )


def _left_out(paths: tuple[PurePosixPath, ...]) -> Finding:
    return Finding(
        rule="build.settings-tracked",
        severity=Severity.WARNING,
        location="",
        message=f"git tracks settings, which are left out of the image: {_list(paths)}",
        hint="if they hold secrets: 'git rm --cached FILE', a line in .gitignore, other secrets",
        docs="how-to/pass-settings.md",
    )


def _list(paths: tuple[PurePosixPath, ...]) -> str:
    names = [str(path) for path in paths]
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    return f"{count}: {shown}"
