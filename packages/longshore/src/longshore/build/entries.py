"""Look configured entry points up before an image is built around them; nothing is imported."""

from longshore.build.interface import Workshop
from longshore.config.toml import read_toml
from longshore.project.detect.entries import Missing, find_entry
from longshore.project.detect.survey import read
from longshore.types import Asgi, Finding, Severity, Wsgi


def check_entries(workshop: Workshop, locked: frozenset[str]) -> tuple[Finding, ...]:
    """Warn about entry points that reading does not find.

    A warning, because code can make a name in ways that only running it shows.

    Args:
        workshop: the project and the tools.
        locked: the normalised names of the locked packages, which may have the module.
    """
    root, project = workshop.root, workshop.project
    configured = {
        process.name: process.serve
        for process in workshop.config.processes
        if isinstance(process.serve, (Asgi, Wsgi))
    }
    if not configured:
        return ()
    reading = read(
        (file.path.as_posix() for file in workshop.source.files),
        lambda path: (root / path).read_bytes(),
        name=project.name,
        document=read_toml(root / "pyproject.toml"),
        locked=locked,
    )
    findings = []
    for name, serve in configured.items():
        found = find_entry(str(serve.app), reading)
        if isinstance(found, Missing):
            key = "asgi" if isinstance(serve, Asgi) else "wsgi"
            suggestion = f"did you mean {found.suggestion!r}?" if found.suggestion else None
            findings.append(
                Finding(
                    rule="build.entry-point",
                    severity=Severity.WARNING,
                    location=workshop.config.location(f"processes.{name}.{key}"),
                    message=f"{str(serve.app)!r}: {found.reason}",
                    hint=suggestion or "name a module and an attribute of the project",
                )
            )
    return tuple(findings)
