"""Workspaces of uv and Hatch: several distributions in one repository, found by reading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from longshore.config.toml import read_toml
from longshore.errors import ConfigError, ProjectError, UsageError
from longshore.project.metadata import FILE
from longshore.project.poetry import poetry_table
from longshore.types import NormalizedName, parse_name

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace.

    Args:
        root: its absolute folder.
        members: the absolute folder of each member by its name, the root's own project included.
    """

    root: Path
    members: Mapping[NormalizedName, Path] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    def applications(self) -> tuple[NormalizedName, ...]:
        """Return the members with a table of configuration, sorted."""
        return tuple(sorted(name for name in self.members if _has_table(self.members[name])))

    def nested(self, folder: Path) -> tuple[Path, ...]:
        """Return the folders of the other members that are below a member's, sorted."""
        return tuple(sorted(each for each in self.members.values() if folder in each.parents))


def find_workspace(folder: Path) -> Workspace | None:
    """Return the workspace that a folder is the root or a member of.

    Looks upwards, within the repository. uv's table is read, and what the environments of Hatch
    have as ``workspace.members``.

    Raises:
        ConfigError: if a ``pyproject.toml`` on the way is no TOML.
        ProjectError: if two members have one name.
    """
    for candidate in (folder, *folder.parents):
        document = read_toml(candidate / FILE) if _may_be_root(candidate) else None
        patterns = _patterns(document) if document else None
        if patterns is not None:
            workspace = _workspace(candidate, document or {}, *patterns)
            if candidate == folder or folder in workspace.members.values():
                return workspace
        if (candidate / ".git").exists():
            break
    return None


def _may_be_root(folder: Path) -> bool:
    """Tell whether it is worth parsing a file: every command asks for every folder above."""
    try:
        return b"workspace" in (folder / FILE).read_bytes()
    except OSError:
        return False


def choose_member(workspace: Workspace | None, name: str, start: Path) -> Path:
    """Return the folder of a member by its name.

    Raises:
        UsageError: if there is no workspace, or no such member.
    """
    if workspace is None:
        msg = f"--package {name}: {start} is in no workspace"
        raise UsageError(msg, hint="uv and Hatch list members in the root's pyproject.toml")
    try:
        folder = workspace.members.get(parse_name(name))
    except ValueError as error:
        msg = f"--package {name}: {error}"
        raise UsageError(msg) from error
    if folder is None:
        msg = f"--package {name}: {workspace.root} has no such member"
        known = ", ".join(sorted(workspace.members)) or "none"
        raise UsageError(msg, hint=f"its members: {known}")
    return folder


def _patterns(document: Mapping[str, Any]) -> tuple[list[str], list[str]] | None:
    """Return the patterns of members and of what is excluded, or ``None`` for no workspace."""
    tools = document.get("tool", {})
    tables = [_table(tools, "uv", "workspace")]
    environments = _table(tools, "hatch", "envs")
    tables += [_table(environments, name, "workspace") for name in sorted(environments)]
    found = [table for table in tables if "members" in table]
    if not found:
        return None
    members = [_path(item) for table in found for item in table["members"]]
    excluded = [_path(item) for table in found for item in table.get("exclude", ())]
    return members, excluded


def _table(value: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, dict) else {}


def _path(item: object) -> str:
    return str(item.get("path", "")) if isinstance(item, dict) else str(item)


def _workspace(
    root: Path, document: Mapping[str, Any], members: list[str], excluded: list[str]
) -> Workspace:
    out = {folder for pattern in excluded for folder in _expand(root, pattern)}
    folders = {folder for pattern in members for folder in _expand(root, pattern)} - out
    found: dict[NormalizedName, Path] = {}
    own = _name(document)
    if own is not None:
        found[own] = root
    for folder in sorted(folders - {root}):
        name = _name(read_toml(folder / FILE) or {})
        if name is None:
            continue
        if name in found:
            msg = f"{root}: two members are named {name!r}: {found[name]} and {folder}"
            raise ProjectError(msg, hint="give each its own name")
        found[name] = folder
    return Workspace(root=root, members=MappingProxyType(found))


def _expand(root: Path, pattern: str) -> Iterator[Path]:
    pattern = pattern.strip("/").removeprefix("./")
    if not pattern or ".." in pattern.split("/"):
        return
    found = root.glob(pattern) if _GLOB & set(pattern) else iter((root / pattern,))
    for folder in found:
        if (folder / FILE).is_file():
            yield folder


def _name(document: Mapping[str, Any]) -> NormalizedName | None:
    project = _table(document, "project")
    written = project.get("name", poetry_table(document).get("name"))
    try:
        return parse_name(written) if isinstance(written, str) else None
    except ValueError:
        return None  # said where the metadata is read


def _has_table(folder: Path) -> bool:
    try:
        document = read_toml(folder / FILE) or {}
    except ConfigError:
        return True  # said when it is read
    return (folder / "longshore.toml").is_file() or "longshore" in _table(document, "tool")
