"""What a distribution declares that it needs: PEP 621, Poetry, setuptools, files of a backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from longshore.config.invalid import InvalidValueError, Table, list_of, mapping_of, text
from longshore.config.schema import locate
from longshore.config.toml import read_toml
from longshore.config.values import inside_path, parsed
from longshore.errors import ProjectError
from longshore.project.metadata import FILE, requirement
from longshore.project.poetry import poetry_table, read_poetry
from longshore.project.resolution import Resolution, read_resolution
from longshore.types import NormalizedName, parse_name

_FILE_HOOK = "requirements_txt"  # hatch-requirements-txt


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What one distribution declares.

    Args:
        origin: the file that says so.
        is_listed: whether there is a list; without one it needs nothing, or says so elsewhere.
        requirements: PEP 508, in the order of the file.
        extras: further requirements by extra.
        folders: dependencies that are code in a folder; a path relative to the project's.
        files: requirement files that the backend reads, relative to the project.
        resolution: what its tool is told about resolving.
    """

    origin: str = FILE
    is_listed: bool = True
    requirements: tuple[str, ...] = ()
    extras: Mapping[NormalizedName, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    folders: Mapping[NormalizedName, str] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    files: tuple[str, ...] = ()
    resolution: Resolution = field(default_factory=Resolution)


def read_dependencies(root: Path) -> Dependencies | None:
    """Return what the distribution in a folder declares, or ``None`` where nobody can tell.

    That is so in a folder without metadata, and where the backend's own code computes it.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
        ProjectError: with everything that is wrong in the tables.
    """
    document = read_toml(root / FILE) or {}
    try:
        found = _read(document)
        if found is not None:
            found = replace(found, resolution=read_resolution(document))
    except InvalidValueError as error:
        lines = [f"{locate(FILE, '', each.path)}: {each.message}" for each in error.problems]
        hints = {each.hint for each in error.problems}
        hint = hints.pop() if len(hints) == 1 else None
        if len(lines) == 1:
            raise ProjectError(lines[0], hint=hint) from error
        msg = f"{FILE}: {len(lines)} problems"
        raise ProjectError(msg, context=lines, hint=hint) from error
    return _of_setup(root) if found is None else found


def _of_setup(root: Path) -> Dependencies | None:
    # As in the metadata: these projects are the rarer ones, and all of detection comes with it.
    from longshore.project.detect.setuptools import text_reader  # noqa: PLC0415
    from longshore.project.setup_dependencies import read_setup_dependencies  # noqa: PLC0415

    setup = read_setup_dependencies(text_reader(root))
    if setup is None:
        return None
    extras = {parse_name(name): setup.extras[name] for name in setup.extras}
    return Dependencies(
        origin=setup.origin,
        is_listed=setup.is_listed,
        requirements=setup.requirements,
        extras=MappingProxyType(extras),
        files=setup.files,
    )


def _read(document: Mapping[str, Any]) -> Dependencies | None:
    poetry = poetry_table(document)
    project = document.get("project")
    if not isinstance(project, dict):
        if "dependencies" in poetry:
            return _of_poetry(poetry)
        return Dependencies(is_listed=False) if "name" in poetry else None
    if "dependencies" in project:
        return _static(project, document)
    dynamic = project.get("dynamic", ())
    if "dependencies" not in dynamic:
        return Dependencies(is_listed=False)
    if "dependencies" in poetry:
        return _of_poetry(poetry)
    files = _backend_files(document)
    return Dependencies(files=files) if files else None


def _static(project: Mapping[str, Any], document: Mapping[str, Any]) -> Dependencies:
    try:
        table = Table(project, open_ended=True)
        needed = table.get("dependencies", list_of(requirement)) or ()
        extras = table.get("optional-dependencies", _extras) or {}
        table.close()
    except InvalidValueError as error:
        raise _below(error, "project") from error
    return Dependencies(
        requirements=needed,
        extras=MappingProxyType({parse_name(name): extras[name] for name in extras}),
        folders=_source_folders(document),
    )


def _extras(value: object) -> Mapping[str, tuple[str, ...]]:
    def item(_: str, element: object) -> tuple[str, ...]:
        return list_of(requirement)(element)

    return mapping_of(parsed(parse_name), item)(value)


def _of_poetry(poetry: Mapping[str, Any]) -> Dependencies:
    try:
        found = read_poetry(poetry)
    except InvalidValueError as error:
        raise _below(error, "tool.poetry") from error
    return Dependencies(requirements=found.requirements, extras=found.extras, folders=found.folders)


def _source_folders(document: Mapping[str, Any]) -> Mapping[NormalizedName, str]:
    """Return the folders that uv and Poetry put in place of a release."""
    sources = {
        **_below_tool(document, "poetry", "dependencies"),
        **_below_tool(document, "uv", "sources"),
    }
    return MappingProxyType(
        {
            parse_name(name): str(source["path"])
            for name, source in sources.items()
            if isinstance(source, dict) and "path" in source
        }
    )


def _backend_files(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files from which setuptools, or hatch-requirements-txt, reads dependencies."""
    dynamic = _below_tool(document, "setuptools", "dynamic").get("dependencies", {})
    files = dynamic.get("file", ()) if isinstance(dynamic, dict) else ()
    hook = _below_tool(document, "hatch", "metadata", "hooks", _FILE_HOOK)
    found = files or hook.get("files", ())
    names = [found] if isinstance(found, str) else found
    return tuple(inside_path(text(name)) for name in names)


def _below_tool(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    table: object = document.get("tool", {})
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def _below(error: InvalidValueError, place: str) -> InvalidValueError:
    return InvalidValueError(*(problem.below(place) for problem in error.problems))
