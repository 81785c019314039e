"""Which server serves each process of an image: the lock's own, or the one that is added."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from longshore.build.interface import Workshop
from longshore.build.purl import parse_purl
from longshore.errors import ProjectError
from longshore.types import (
    SERVERS,
    BuildRecord,
    Event,
    Finding,
    MaterialKind,
    Phase,
    Project,
    Severity,
    choose_server,
)
from longshore.types.server import OWN_SERVER, UNSUPPORTED

SETTINGS: Final = {"gunicorn": "gunicorn.conf.py", "hypercorn": "hypercorn.toml"}
"""The file at the project's root in which a server's own settings are."""

_LOCKED: Final = (MaterialKind.WHEEL, MaterialKind.SDIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChoice:
    """A server in an image.

    Args:
        name: the package's.
        version: of the package; empty where nothing tells.
        is_added: whether Longshore brought it, because the lock has none that fits.
    """

    name: str
    version: str
    is_added: bool

    def __str__(self) -> str:
        why = "added: the lock has none that fits" if self.is_added else "of the lock"
        return f"{self.name} {self.version}".rstrip() + f", {why}"


def with_servers(workshop: Workshop, locked: Collection[str]) -> Project:
    """Return the project with a server for each process that needs one.

    The file with a server's own settings is included where the project has it.

    Args:
        workshop: the project.
        locked: the normalised names of the packages that the lock has for the image.

    Raises:
        ProjectError: if the configuration names a server that the lock does not have.
    """
    for one in workshop.config.processes:
        if one.server not in (None, OWN_SERVER, *locked):
            raise _not_locked(workshop, one.name, str(one.server), locked)
    project = workshop.project
    processes = tuple(
        replace(each, server=choose_server(each.serve, locked, each.server))
        for each in project.processes
    )
    tracked = {file.path for file in workshop.source.files}
    files = (SETTINGS.get(str(each.server)) for each in processes)
    found = (name for name in files if name and PurePosixPath(name) in tracked)
    include = tuple(dict.fromkeys((*project.include, *found)))
    return replace(project, processes=processes, include=include)


def _not_locked(
    workshop: Workshop, process: str, server: str, locked: Collection[str]
) -> ProjectError:
    place = workshop.config.location(f"processes.{process}.server")
    others = sorted({*SERVERS} & {*locked, OWN_SERVER})
    msg = f"{place}: {server!r} is not in the lock"
    hint = f"add it to the project's dependencies and lock again, or choose {' or '.join(others)}"
    return ProjectError(msg, hint=hint, docs="reference/configuration.md")


def server_findings(project: Project, locked: Collection[str]) -> tuple[Finding, ...]:
    """Say so where the lock has a server that the runtime can't start."""
    servers = [each.server for each in project.processes if each.server is not None]
    found = [name for name in UNSUPPORTED if name in locked]
    if not servers or not found:
        return ()
    finding = Finding(
        rule="build.server",
        severity=Severity.WARNING,
        location="",
        message=f"{' and '.join(found)} of the lock is not used: {servers[0]} serves",
        hint="lock gunicorn, waitress or granian for another server, and remove what nothing uses",
    )
    return (finding,)


def locked_names(record: BuildRecord) -> frozenset[str]:
    """Return the names of the packages that the lock brought into an image."""
    return frozenset(parse_purl(each.purl)[0] for each in record.materials if each.kind in _LOCKED)


def find_choice(name: str, record: BuildRecord) -> ServerChoice:
    """Return what an image's record tells of its server."""
    versions = {
        parse_purl(each.purl)[0]: (parse_purl(each.purl)[1], each.kind is MaterialKind.ADDED)
        for each in record.materials
        if each.kind in (*_LOCKED, MaterialKind.ADDED)
    }
    version, is_added = versions.get(name, ("", False))
    return ServerChoice(name=name, version=version, is_added=is_added)


def report_servers(workshop: Workshop, project: Project, record: BuildRecord) -> None:
    """Tell which server serves each process, and why."""
    for subject, detail in _describe(project, record):
        event = Event(kind="build.server", subject=subject, phase=Phase.NOTE, detail=detail)
        workshop.reporter.report(event)


def _describe(project: Project, record: BuildRecord) -> Iterator[tuple[str, str]]:
    for process in project.processes:
        if process.server is None:
            continue
        settings = SETTINGS.get(process.server, "")
        reads = f"; it reads {settings}" if settings in project.include else ""
        yield f"{process.name} server", f"{find_choice(process.server, record)}{reads}"
