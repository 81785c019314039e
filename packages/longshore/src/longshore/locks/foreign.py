"""The locks of Poetry, PDM and Pipenv: which versions they pin.

They are not read as locks: what they leave to their tool (markers, sources, groups) is resolved
again by ``longshore lock``, which keeps the versions that they name.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from longshore.errors import LockError
from longshore.types import NormalizedName, parse_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLock:
    """A lock of another tool.

    Args:
        path: of the file.
        tool: whose it is.
        export: the command that writes a lock which is read here.
    """

    path: Path
    tool: str
    export: str


_KNOWN = (
    ("poetry.lock", "Poetry", "poetry export --format requirements.txt -o requirements.txt"),
    ("pdm.lock", "PDM", "pdm export --format pylock -o pylock.toml"),
    ("Pipfile.lock", "Pipenv", "pipenv requirements --hash > requirements.txt"),
)


def find_foreign(root: Path) -> ForeignLock | None:
    """Return the other tool's lock in a project's folder, if there is one."""
    for name, tool, export in _KNOWN:
        if (root / name).is_file():
            return ForeignLock(path=root / name, tool=tool, export=export)
    return None


def read_versions(lock: ForeignLock) -> Mapping[NormalizedName, str]:
    """Return the version of each package that has exactly one.

    A name that a lock has in several versions is left out: their markers are the other tool's.

    Raises:
        LockError: if the file is not what its name says.
    """
    try:
        content = lock.path.read_text("utf-8")
        pairs = _of_json(content) if lock.tool == "Pipenv" else _of_toml(content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{lock.path}: not a lock of {lock.tool}"
        raise LockError(msg, hint=f"write it anew with {lock.tool}, or remove it") from error
    found: dict[NormalizedName, set[str]] = {}
    for name, version in pairs:
        found.setdefault(parse_name(name), set()).add(version)
    return {name: versions.pop() for name, versions in found.items() if len(versions) == 1}


def _of_toml(content: str) -> list[tuple[str, str]]:
    packages: list[dict[str, Any]] = tomllib.loads(content).get("package", [])
    return [(item["name"], item["version"]) for item in packages if _is_release(item)]


def _is_release(item: dict[str, Any]) -> bool:
    """Tell whether a package comes from an index: neither code in a folder nor a repository."""
    source = item.get("source", {})
    is_direct = source.get("type") in ("git", "url", "directory", "file")
    return not (is_direct or {"path", "git", "url"} & set(item)) and _is_version(item["version"])


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _of_json(content: str) -> list[tuple[str, str]]:
    packages: dict[str, dict[str, Any]] = json.loads(content)["default"]
    pins = [(name, str(item.get("version", ""))) for name, item in packages.items()]
    return [(name, pin[2:]) for name, pin in pins if pin.startswith("==") and _is_version(pin[2:])]
