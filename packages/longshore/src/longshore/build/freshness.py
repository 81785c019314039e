"""Whether another tool's lock is still the lock of the project, as far as it can be told."""

from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from longshore.config.toml import read_toml
from longshore.errors import LockError
from longshore.locks import LockedSet
from longshore.types import NormalizedName, parse_name

Declared = set[tuple[NormalizedName, SpecifierSet | None]]


def check_freshness(lock: LockedSet, root: Path) -> None:
    """Compare what ``pyproject.toml`` declares with what the lock says it declared.

    Only a static ``project.dependencies`` is compared, and only with a lock that keeps the list.

    Raises:
        LockError: if they differ, naming what.
    """
    if len(lock.roots) != 1:
        return
    package = next((each for each in lock.packages if each.name == lock.roots[0]), None)
    project = (read_toml(root / "pyproject.toml") or {}).get("project")
    if package is None or package.declared is None or not isinstance(project, dict):
        return
    if "dependencies" in project.get("dynamic", ()):
        return
    now = _parse(project.get("dependencies", ()))
    sourced = {name for name, specifier in package.declared if specifier is None}
    then: Declared = {(name, None if name in sourced else it) for name, it in package.declared}
    now = {(name, None if name in sourced else it) for name, it in now}
    added, removed = sorted(map(_show, now - then)), sorted(map(_show, then - now))
    if added or removed:
        lines = [f"pyproject.toml declares {each}, the lock does not" for each in added]
        lines += [f"the lock is for {each}, pyproject.toml is not" for each in removed]
        msg = f"{lock.path}: out of date: the project has changed since it was written"
        raise LockError(msg, context=lines, hint="run 'uv lock' and commit the file")


def _parse(requirements: Iterable[str]) -> Declared:
    parsed = map(Requirement, requirements)
    return {(parse_name(each.name), None if each.url else each.specifier) for each in parsed}


def _show(declared: tuple[NormalizedName, SpecifierSet | None]) -> str:
    name, specifier = declared
    return f"{name}{specifier or ''}"
