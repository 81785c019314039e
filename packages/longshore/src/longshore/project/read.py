"""Puts a project together: its metadata, its members and its processes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from longshore.config import Config
from longshore.errors import ProjectError
from longshore.project.metadata import FILE, BuildSystem, Metadata, read_metadata
from longshore.project.processes import choose_processes, may_lie_below, put_on_path
from longshore.project.workspace import find_workspace
from longshore.types import (
    BuildMode,
    Member,
    NormalizedName,
    Process,
    Project,
    ProjectKind,
    parse_name,
)

if TYPE_CHECKING:
    from longshore.project.detect import Detection  # a tenth of a second, and often not needed


def read_project(
    root: Path,
    config: Config,
    *,
    detection: "Detection | None" = None,
    otherwise: Process | None = None,
    files: Callable[[], Iterable[PurePosixPath]] = tuple,
) -> Project:
    """Read the project in a folder; nothing is executed.

    A folder whose ``pyproject.toml`` has no ``[project]`` table, or that has only a
    ``longshore.toml``, is named after itself and shipped as source files.

    Args:
        root: the project's folder.
        config: its configuration.
        detection: what reading its code found, for a configuration that leaves open what runs;
            without it, the table alone decides.
        otherwise: what runs where neither says anything definite.
        files: lists the project's files; asked for processes of a table that run from sources.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
        ProjectError: if the folder is no project, or the project can't be shipped as it is.
    """
    metadata = read_metadata(root)
    runs = detection is not None and detection.kind is ProjectKind.APPLICATION
    if metadata is None and not config.processes and not runs:
        _refuse_workspace(root)
    if metadata is None and config.file is None and not runs:
        msg = f"{root}: not a project: pyproject.toml has no [project] table"
        if not (root / FILE).exists():
            nothing = detection.error() if detection is not None else None
            if nothing is not None:
                raise nothing
            msg = f"{root}: not a project: no pyproject.toml or longshore.toml"
        raise ProjectError(msg, hint="add a [project] table with a name and a version")
    processes = choose_processes(config, detection, otherwise=otherwise)
    member = _member(root, metadata)
    if config.processes and member.build is BuildMode.SOURCE and may_lie_below(root):
        processes = put_on_path(processes, root, files())
    return Project(
        name=metadata.name if metadata else _folder_name(root),
        version=metadata.version if metadata else None,
        kind=ProjectKind.APPLICATION if processes else ProjectKind.LIBRARY,
        root=root,
        members=(member,),
        processes=processes,
        python=metadata.python if metadata else "",
        description=metadata.description if metadata else "",
        include=detection.include if detection else (),
    )


def _refuse_workspace(root: Path) -> None:
    """Point to the members of a workspace whose root is no project of its own."""
    workspace = find_workspace(root)
    if workspace is not None and workspace.members:
        msg = f"{root}: a workspace, not a project"
        names = ", ".join(sorted(workspace.members))
        raise ProjectError(msg, hint=f"choose a member with --package: {names}")


def read_member(root: Path) -> Member:
    """Read a distribution that an application needs; it is always built as a wheel.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
        ProjectError: if the folder has no metadata, or something is wrong in it.
    """
    metadata = read_metadata(root)
    if metadata is None:
        msg = f"{root}: the lock has a member here, but there is no [project] table"
        raise ProjectError(msg, hint="lock again, or add the table")
    build = metadata.build or BuildSystem()
    return _member(root, replace(metadata, build=build))


def _member(root: Path, metadata: Metadata | None) -> Member:
    name = metadata.name if metadata else _folder_name(root)
    build = metadata.build if metadata else None
    if build is None:
        return Member(name=name, root=root, build=BuildMode.SOURCE)
    return Member(
        name=name,
        root=root,
        build=BuildMode.WHEEL,
        backend=build.backend,
        backend_path=build.backend_path,
        requires=build.requires,
    )


def _folder_name(root: Path) -> NormalizedName:
    try:
        return parse_name(root.name)
    except ValueError as error:
        msg = f"{root}: the folder's name can't be the project's name: {error}"
        hint = "add a pyproject.toml with a [project] table that has a name"
        raise ProjectError(msg, hint=hint) from error
