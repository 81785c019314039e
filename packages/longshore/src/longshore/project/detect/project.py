"""Detection in a project on disk, and how it meets the configuration."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from longshore.config.toml import read_toml
from longshore.project.detect.backends import table
from longshore.project.detect.detecting import detect
from longshore.project.detect.model import Detection
from longshore.project.detect.setuptools import read_setup, text_reader
from longshore.types import Asgi, CommandLine, Event, Finding, Phase, Process, Reporter, Severity
from longshore.types.name import parse_name

_PYPROJECT = "pyproject.toml"


def detect_project(
    root: Path, *, paths: Iterable[PurePosixPath], locked: Collection[str] | None = None
) -> Detection:
    """Find what a project runs by reading its files.

    Args:
        root: the project's folder.
        paths: its tracked files, relative to that.
        locked: the normalised names of the locked packages, if they are known.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
    """
    document = read_toml(root / _PYPROJECT)

    def read(path: str) -> bytes:
        return (root / path).read_bytes()

    return detect(
        (path.as_posix() for path in paths),
        read,
        name=_name(document, root),
        document=document,
        locked=locked,
    )


def _name(document: Mapping[str, Any] | None, root: Path) -> str:
    """Return the project's normalised name; that of the folder where it has none."""
    for keys in (("project",), ("tool", "poetry")):
        written = table(document or {}, *keys).get("name")
        if isinstance(written, str):
            try:
                return parse_name(written)
            except ValueError:
                continue  # said where the metadata is read
    setup = read_setup(document, text_reader(root))
    return setup.name if setup else root.name


def report_detection(detection: Detection, reporter: Reporter) -> None:
    """Tell a reporter what was chosen and why, what lost, and what looks like a mistake."""
    for detected in detection.processes:
        others = len(detected.alternatives)
        more = f"; {others} other{'s' if others > 1 else ''} ranked lower" if others else ""
        _note(
            reporter,
            subject=detected.process.name,
            detail=f"{show(detected.process)}  ({detected.reason}){more}",
        )
    for finding in detection.notes:
        reporter.report(
            Event(
                kind="project.detect",
                subject=str(finding),
                phase=_phase(finding),
                detail=finding.hint or "",
            )
        )


def _note(reporter: Reporter, *, subject: str, detail: str) -> None:
    event = Event(kind="project.detect", subject=subject, phase=Phase.NOTE, detail=detail)
    reporter.report(event)


def _phase(finding: Finding) -> Phase:
    return Phase.NOTE if finding.severity is Severity.NOTE else Phase.WARNING


def show(process: Process) -> str:
    """Return what a process runs, on one line: ``asgi taskapi.main:app``."""
    if isinstance(process.serve, CommandLine):
        return " ".join(process.serve.argv)
    interface = "asgi" if isinstance(process.serve, Asgi) else "wsgi"
    return f"{interface} {process.serve.app}"
