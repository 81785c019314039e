"""The metadata of projects that only setuptools knows: ``setup.py``, ``setup.cfg``; never executed.

PEP 517 (§source trees) prescribes setuptools for a tree with ``setup.py`` that names no backend,
and many name it in ``[build-system]`` without a ``[project]`` table. What is computed is not read:
without a name such a project is shipped as source files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from longshore.project.detect.backends import read_ini, setup_call, table
from longshore.project.detect.syntax import keyword, string
from longshore.project.poetry import poetry_table
from longshore.types import NormalizedName, parse_name

SETUP_PY, SETUP_CFG = "setup.py", "setup.cfg"
SDIST = "PKG-INFO"
"""The metadata that a backend has put into a source distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupMetadata:
    """What can be read without running anything.

    Args:
        name: normalised.
        version: as written, or ``None`` where it is computed.
        python: the versions of Python that it supports, or an empty string.
        description: one line, or an empty string.
    """

    name: NormalizedName
    version: str | None
    python: str
    description: str


def read_setup(
    document: Mapping[str, Any] | None, text: Callable[[str], str | None]
) -> SetupMetadata | None:
    """Return the metadata of a project that setuptools builds, ``None`` for any other.

    Args:
        document: the parsed ``pyproject.toml``, if there is one.
        text: returns a file of the project, ``None`` where it has none of that name.
    """
    if document and ("project" in document or "name" in poetry_table(document)):
        return None
    if text(SETUP_PY) is None and not table(document or {}, "build-system"):
        return None
    readers = (_of_sdist, _of_setup_cfg, _of_setup_py)
    values = [value for value in (reader(text) for reader in readers) if value.get("name")]
    if not values:
        return None
    found = values[0]
    try:
        name = parse_name(found["name"])
    except ValueError:
        return None
    return SetupMetadata(
        name=name,
        version=_version(found.get("version", "")),
        python=_python(found.get("python", "")),
        description=found.get("description", "").strip().partition("\n")[0],
    )


def text_reader(root: Path) -> Callable[[str], str | None]:
    """Return what reads the text files of a folder."""

    def text(name: str) -> str | None:
        try:
            return (root / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    return text


def _of_sdist(text: Callable[[str], str | None]) -> Mapping[str, str]:
    headers = HeaderParser().parsestr(text(SDIST) or "")
    keys = {
        "name": "Name",
        "version": "Version",
        "python": "Requires-Python",
        "description": "Summary",
    }
    return {key: str(headers.get(header, "")) for key, header in keys.items()}


def _of_setup_cfg(text: Callable[[str], str | None]) -> Mapping[str, str]:
    sections = read_ini(text(SETUP_CFG))
    python = sections.get("options", {}).get("python_requires", "")
    return {**sections.get("metadata", {}), "python": python}


def _of_setup_py(text: Callable[[str], str | None]) -> Mapping[str, str]:
    call = setup_call(text(SETUP_PY))
    if call is None:
        return {}
    keys = {
        "name": "name",
        "version": "version",
        "python": "python_requires",
        "description": "description",
    }
    found = {key: string(keyword(call, argument)) for key, argument in keys.items()}
    return {key: value for key, value in found.items() if value is not None}


def _version(text: str) -> str | None:
    try:
        Version(text)
    except InvalidVersion:
        return None  # "attr: shop.__version__"
    return text


def _python(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return ""
