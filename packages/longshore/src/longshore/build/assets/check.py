"""What a user should know about the assets of a project on disk."""

from collections.abc import Collection

from longshore.build.assets.django import check_static_files
from longshore.build.interface import Workshop
from longshore.config.toml import read_toml
from longshore.types import Event, Finding, Phase, Severity


def check_assets(workshop: Workshop, locked: Collection[str]) -> tuple[Finding, ...]:
    """Return warnings about assets; notes are reported at once.

    Args:
        workshop: the project and the tools.
        locked: the names of the locked packages.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
    """

    def read(path: str) -> bytes:
        return (workshop.root / path).read_bytes()

    found = check_static_files(
        (file.path.as_posix() for file in workshop.source.files),
        read,
        name=workshop.project.name,
        document=read_toml(workshop.root / "pyproject.toml"),
        locked=locked,
        assets=workshop.config.assets,
    )
    for finding in found:
        if finding.severity is Severity.NOTE:
            workshop.reporter.report(
                Event(
                    kind="assets.check",
                    subject=str(finding),
                    phase=Phase.NOTE,
                    detail=finding.hint or "",
                )
            )
    return tuple(one for one in found if one.severity is not Severity.NOTE)
