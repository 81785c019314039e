"""What a project's author may have forgotten to add."""

from longshore.build.interface import Workshop
from longshore.types import Finding, Severity

_SHOWN = 5


def untracked_findings(workshop: Workshop) -> tuple[Finding, ...]:
    """Warn about Python files that are left out because nobody has added them to git."""
    names = [str(path) for path in workshop.source.untracked]
    if not names:
        return ()
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    finding = Finding(
        rule="build.untracked",
        severity=Severity.WARNING,
        location="",
        message=f"not in the image, because git does not track them: {count}: {shown}",
        hint="run `git add` on what belongs to the project; a commit is not needed",
    )
    return (finding,)
