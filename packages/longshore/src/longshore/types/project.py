"""The project: what is shipped."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from longshore.types.name import NormalizedName
from longshore.types.process import Process


class ProjectKind(StrEnum):
    """An application has processes; a library can only be packaged."""

    APPLICATION = "application"
    LIBRARY = "library"


class BuildMode(StrEnum):
    """How a member's code becomes importable in the image."""

    WHEEL = "wheel"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One first-party distribution.

    Args:
        name: its normalised name.
        root: its absolute folder.
        build: a wheel through its PEP 517 backend, or its source files as they are.
        backend: ``build-system.build-backend``, for a wheel.
        backend_path: ``build-system.backend-path``, for an in-tree backend.
        requires: ``build-system.requires``, for a wheel.
        told_version: the version that its backend would ask git for, and is told instead.
    """

    name: NormalizedName
    root: Path
    build: BuildMode
    backend: str | None = None
    backend_path: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    told_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as it was read, nothing executed.

    Args:
        name: its normalised name.
        version: its version, or ``None`` where the build backend computes it.
        kind: application or library.
        root: its absolute folder.
        members: the application. Which other members of a workspace it needs is known when its lock
            is read (``longshore.build.members``).
        processes: by name; empty for a library.
        python: ``requires-python`` as written, or an empty string.
        description: ``project.description``, one line, or an empty string.
        include: tracked files and folders that detected processes need beside the code, in addition
            to those of the configuration.
    """

    name: NormalizedName
    version: str | None
    kind: ProjectKind
    root: Path
    members: tuple[Member, ...]
    processes: tuple[Process, ...]
    python: str
    description: str = ""
    include: tuple[str, ...] = ()
