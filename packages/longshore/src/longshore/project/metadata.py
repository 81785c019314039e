"""Reads the ``[project]`` and ``[build-system]`` tables (PyPA: pyproject.toml specification).

Where there is no ``[project]``, or it leaves something to Poetry, ``[tool.poetry]`` is read; where
there is neither, what setuptools reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longshore.config.invalid import (
    InvalidValueError,
    Problem,
    Table,
    invalid,
    list_of,
    show,
    text,
)
from longshore.config.schema import locate
from longshore.config.toml import read_toml
from longshore.config.values import inside_path, parsed
from longshore.errors import ProjectError
from longshore.project.packaged import is_never_built
from longshore.project.poetry import poetry_python, poetry_table
from longshore.types import NormalizedName, parse_name

FILE = "pyproject.toml"
LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
"""What PEP 517 (§source trees) prescribes where ``build-backend`` is missing."""
LEGACY_REQUIRES = ("setuptools>=40.8.0",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """The ``[build-system]`` table, with the defaults of PEP 517 and 518."""

    backend: str = LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()
    requires: tuple[str, ...] = LEGACY_REQUIRES


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a ``pyproject.toml`` says about its distribution.

    Args:
        name: normalised.
        version: as written, or ``None`` where the backend computes it.
        python: ``requires-python`` as written, Poetry's own translated, or an empty string.
        description: one line, or an empty string.
        build: how to make a wheel, or ``None`` without a ``[build-system]``.
    """

    name: NormalizedName
    version: str | None
    python: str
    description: str
    build: BuildSystem | None


def read_metadata(root: Path) -> Metadata | None:
    """Read the metadata of the distribution in a folder, or ``None`` where it has none.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
        ProjectError: with everything that is wrong in the tables.
    """
    document = read_toml(root / FILE)
    poetry = poetry_table(document)
    problems: list[Problem] = []
    build = None
    if document is not None and "build-system" in document:
        try:
            build = _build_system(document["build-system"])
        except InvalidValueError as error:
            problems += (problem.below("build-system") for problem in error.problems)
    if is_never_built(document):
        build = None
    is_poetrys = "name" in poetry or poetry.get("package-mode") is False
    if document is None or ("project" not in document and not is_poetrys):
        return _of_setup(root, document, build, problems)
    if "project" not in document:
        return _of_poetry(poetry, build, problems, folder=root.name)
    try:
        return _metadata(document["project"], poetry, build, problems)
    except InvalidValueError as error:
        problems[:0] = [problem.below("project") for problem in error.problems]
    raise _project_error(problems)


def read_build_system(root: Path) -> BuildSystem:
    """Read how the sources in a folder become a wheel; without a word about it, by setuptools.

    Raises:
        ConfigError: if ``pyproject.toml`` is no TOML.
        ProjectError: with everything that is wrong in the table.
    """
    document = read_toml(root / FILE) or {}
    if "build-system" not in document:
        return BuildSystem()
    try:
        return _build_system(document["build-system"])
    except InvalidValueError as error:
        problems = [problem.below("build-system") for problem in error.problems]
        raise _project_error(problems) from error


def _of_setup(
    root: Path,
    document: Mapping[str, Any] | None,
    build: BuildSystem | None,
    problems: list[Problem],
) -> Metadata | None:
    """Read a project that has its metadata in ``setup.cfg`` or ``setup.py``, if it is one."""
    # These projects are the rarer ones, and all of detection comes with it.
    from longshore.project.detect.setuptools import read_setup, text_reader  # noqa: PLC0415

    setup = read_setup(document, text_reader(root))
    if setup is None:
        return None
    if problems:
        raise _project_error(problems)
    return Metadata(
        name=setup.name,
        version=setup.version,
        python=setup.python,
        description=setup.description,
        build=build or BuildSystem(),
    )


def _of_poetry(
    poetry: Mapping[str, Any], build: BuildSystem | None, problems: list[Problem], *, folder: str
) -> Metadata:
    """Read a project that has Poetry's table only; one that is never built may have no name."""
    try:
        table = Table({"name": folder, **poetry}, open_ended=True)
        name = table.get("name", parsed(parse_name))
        version = table.get("version", _version)
        description = table.get("description", _description)
        table.close()
        python = poetry_python(poetry)
    except InvalidValueError as error:
        problems[:0] = [problem.below("tool.poetry") for problem in error.problems]
        raise _project_error(problems) from error
    if problems or name is None:
        raise _project_error(problems)
    return Metadata(
        name=name,
        version=version,
        python=python,
        description=description or "",
        build=build,
    )


def _metadata(
    value: object,
    poetry: Mapping[str, Any],
    build: BuildSystem | None,
    problems: list[Problem],
) -> Metadata:
    table = Table(value, open_ended=True)
    name = table.get("name", parsed(parse_name))
    version = table.get("version", _version)
    python = table.get("requires-python", _specifiers)
    description = table.get("description", _description)
    dynamic = table.get("dynamic", list_of(text)) or ()
    if not table.has("name"):
        table.reject("missing", key="name", hint='add name = "…": the specification requires it')
    if not table.has("version") and "version" not in dynamic:
        table.reject("missing", key="version", hint='add it, or dynamic = ["version"]')
    if table.has("version") and "version" in dynamic:
        table.reject("is also in dynamic", key="version", hint="keep one of them")
    table.close()
    if problems or name is None:
        raise _project_error(problems)
    if "requires-python" in dynamic:
        python = poetry_python(poetry)
    return Metadata(
        name=name,
        version=version,
        python=python or "",
        description=description or "",
        build=build,
    )


def _build_system(value: object) -> BuildSystem:
    table = Table(value, open_ended=True)
    requires = table.get("requires", list_of(requirement))
    backend = table.get("build-backend", text)
    backend_path = table.get("backend-path", list_of(inside_path))
    if not table.has("requires"):
        table.reject("missing", key="requires", hint='add it, for example requires = ["hatchling"]')
    table.close()
    return BuildSystem(
        backend=backend or LEGACY_BACKEND,
        backend_path=backend_path or (),
        requires=requires or (),
    )


def _version(value: object) -> str:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - see _specifiers

    written = text(value)
    try:
        Version(written)
    except InvalidVersion as error:
        msg = f"expected a version such as '1.2.0', got {written!r}"
        raise invalid(msg) from error
    return written


def _specifiers(value: object) -> str:
    # packaging is only imported for projects that say something that needs it.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415

    written = text(value)
    try:
        SpecifierSet(written)
    except InvalidSpecifier as error:
        msg = f"expected a version range such as '>=3.11', got {written!r}"
        raise invalid(msg) from error
    return written


def requirement(value: object) -> str:
    """Accept a requirement (PyPA: dependency specifiers)."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    written = text(value)
    try:
        Requirement(written)
    except InvalidRequirement as error:
        msg = f"expected a requirement such as 'hatchling>=1.27', got {written!r}"
        raise invalid(msg) from error
    return written


def _description(value: object) -> str:
    if not isinstance(value, str):
        msg = f"expected a string, got {show(value)}"
        raise invalid(msg)
    return " ".join(value.split())


def _project_error(problems: list[Problem]) -> ProjectError:
    lines = [f"{locate(FILE, '', problem.path)}: {problem.message}" for problem in problems]
    if len(problems) == 1:
        return ProjectError(lines[0], hint=problems[0].hint)
    hints = {problem.hint for problem in problems}
    hint = hints.pop() if len(hints) == 1 else None
    return ProjectError(f"{FILE}: {len(problems)} problems", context=lines, hint=hint)
