"""Which packages of a lock a target needs: a breadth-first walk along the edges that apply."""

from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet

from longshore.errors import LockError
from longshore.locks.closure import check_folders
from longshore.locks.interface import Dependency, Edges, LockedPackage, LockedSet
from longshore.locks.tables import raise_problems
from longshore.types import NormalizedName, Target, parse_name

Reason = tuple[NormalizedName, ...]
"""The names from a direct dependency of the project down to the package itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a project needs on one target.

    Args:
        target: that it was selected for.
        packages: to be fetched, sorted by name.
        members: first-party code in folders, the project itself included, sorted by name.
        reasons: the shortest path of dependencies to each package that is not the project itself.
    """

    target: Target
    packages: tuple[LockedPackage, ...]
    members: tuple[LockedPackage, ...]
    reasons: Mapping[NormalizedName, Reason] = field(hash=False)


def select(
    lock: LockedSet, target: Target, *, extras: Iterable[str], groups: Iterable[str]
) -> Selection:
    """Return what the project needs on a target; see ``LockedSet.select``."""
    _check_python(lock, target)
    walk = _Walk(lock, target, _names(extras), _names(groups))
    walk.run()
    found = sorted(walk.found, key=lambda package: package.name)
    _check_versions(lock, target, found)
    _check_pythons(lock, target, found)
    check_folders(lock, iter(found))
    return Selection(
        target=target,
        packages=tuple(package for package in found if not package.source.is_folder),
        members=tuple(package for package in found if package.source.is_folder),
        reasons={package.name: walk.reasons[package.name] for package in found},
    )


class _Walk:
    """The state of one walk; ``found`` has each package once."""

    def __init__(
        self,
        lock: LockedSet,
        target: Target,
        extras: tuple[NormalizedName, ...],
        groups: tuple[NormalizedName, ...],
    ) -> None:
        self._lock = lock
        self._extras = extras
        self._groups = groups
        self._by_name: dict[NormalizedName, list[LockedPackage]] = {}
        for package in lock.packages:
            self._by_name.setdefault(package.name, []).append(package)
        self._environment: dict[str, str | AbstractSet[str]] = {
            **target.markers,
            "extras": _conflict_names(lock.roots, extras, groups) | frozenset(extras),
            "dependency_groups": frozenset((*groups, *lock.default_groups)),
        }
        if lock.environments and not any(map(self._holds, lock.environments)):
            msg = f"{lock.path}: was not resolved for {target}"
            raise LockError(
                msg, hint="widen 'environments' in [tool.uv] and lock again, or change the base"
            )
        self._queue: deque[tuple[Dependency, Reason]] = deque()
        self._visited: set[tuple[int, NormalizedName | None]] = set()
        self.found: list[LockedPackage] = []
        self.reasons: dict[NormalizedName, Reason] = {}

    def run(self) -> None:
        """Walk from the project, then from what has to be there anyway."""
        for root in map(self._root, self._lock.roots):
            self._take(root, ())
            self._follow(root.dependencies, ())
        for extra in self._extras:
            self._follow(self._of_roots(extra, "extra"), ())
        for group in self._groups:
            self._follow(self._of_roots(group, "group"), ())
        self._follow(self._lock.entries, ())
        self._drain()
        self._follow(self._lock.others, ())
        self._drain()

    def _root(self, name: NormalizedName) -> LockedPackage:
        return next(package for package in self._by_name[name] if package.source.is_folder)

    def _of_roots(self, name: NormalizedName, kind: str) -> tuple[Dependency, ...]:
        tables: list[Edges] = [
            root.extras if kind == "extra" else root.groups
            for root in map(self._root, self._lock.roots)
        ]
        if name in (self._lock.extras if kind == "extra" else self._lock.groups):
            return ()  # markers ask for it
        if not any(name in table for table in tables):
            known = {key for table in tables for key in table}
            known |= set(self._lock.extras if kind == "extra" else self._lock.groups)
            raise _unknown(self._lock, kind, name, sorted(known))
        return tuple(edge for table in tables for edge in table.get(name, ()))

    def _follow(self, edges: Iterable[Dependency], reason: Reason) -> None:
        self._queue.extend((edge, reason) for edge in edges)

    def _drain(self) -> None:
        while self._queue:
            edge, reason = self._queue.popleft()
            if edge.marker is None or self._holds(edge.marker):
                self._arrive(self._resolve(edge), edge, (*reason, edge.name))

    def _arrive(self, package: LockedPackage, edge: Dependency, reason: Reason) -> None:
        is_new = self._take(package, reason)
        reason = self.reasons[package.name]  # an extra may come later than its package
        if is_new:
            self._follow(package.dependencies, reason)
        for extra in edge.extras:
            state = (id(package), extra)
            if state not in self._visited:
                self._visited.add(state)
                self._follow(package.extras.get(extra, ()), reason)

    def _take(self, package: LockedPackage, reason: Reason) -> bool:
        state = (id(package), None)
        if state in self._visited:
            return False
        self._visited.add(state)
        self.found.append(package)
        self.reasons.setdefault(package.name, reason)
        return True

    def _resolve(self, edge: Dependency) -> LockedPackage:
        fitting = [
            package
            for package in self._by_name.get(edge.name, ())
            if edge.version in (None, package.version) and edge.source in (None, package.source)
        ]
        if len(fitting) == 1:
            return fitting[0]
        wanted = edge.name if edge.version is None else f"{edge.name} {edge.version}"
        state = "is not in the lock" if not fitting else "is there more than once"
        msg = f"{self._lock.path}: a dependency on {wanted!r} {state}"
        raise LockError(msg, hint="lock again: the file was changed by hand or cut short")

    def _holds(self, marker: Marker) -> bool:
        try:
            return marker.evaluate(self._environment, context="lock_file")
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            msg = f"{self._lock.path}: marker {str(marker)!r} can't be evaluated"
            raise LockError(
                msg, hint="correct the marker where the dependency is declared"
            ) from error


def _names(texts: Iterable[str]) -> tuple[NormalizedName, ...]:
    try:
        return tuple(sorted({parse_name(text) for text in texts}))
    except ValueError as error:
        msg = f"an extra or group: {error}"
        raise LockError(msg, hint="letters, digits, '-', '_' and '.' make a name") from error


def _conflict_names(
    roots: Iterable[NormalizedName],
    extras: Iterable[NormalizedName],
    groups: Iterable[NormalizedName],
) -> frozenset[str]:
    """Return uv's names for the project's active extras and groups, as its markers use them.

    They only appear in locks that declare ``conflicts``: ``extra-3-app-cpu``, where 3 is the
    length of the package's name.
    """
    extras, groups = tuple(extras), tuple(groups)
    return frozenset(
        f"{kind}-{len(root)}-{root}" + (f"-{name}" if name else "")
        for root in roots
        for kind, names in (("project", ("",)), ("extra", extras), ("group", groups))
        for name in names
    )


def _check_python(lock: LockedSet, target: Target) -> None:
    if lock.python and not SpecifierSet(lock.python).contains(str(target.python), prereleases=True):
        msg = f"{lock.path}: requires Python {lock.python}, the target has {target.python}"
        raise LockError(msg, hint="choose another base, or widen requires-python and lock again")


def _check_versions(lock: LockedSet, target: Target, found: list[LockedPackage]) -> None:
    problems = [
        f"{first.name}: both {first.version or first.source.location} "
        f"and {second.version or second.source.location}"
        for first, second in pairwise(found)
        if first.name == second.name
    ]
    if problems:
        msg = f"{lock.path}: more than one version is selected for {target}: {problems[0]}"
        raise LockError(
            msg,
            context=problems[1:],
            hint="extras or groups that conflict can't be selected together",
        )


def _check_pythons(lock: LockedSet, target: Target, found: list[LockedPackage]) -> None:
    """Refuse packages that are for other Pythons (PyPA: pylock.toml, packages.requires-python)."""
    python = str(target.python)
    problems = [
        f"{lock.path}: {package} requires Python {package.python}, the target has {python}"
        for package in found
        if package.python and not SpecifierSet(package.python).contains(python, prereleases=True)
    ]
    raise_problems(lock.path, problems, hint="choose another base, or lock again for its Python")


def _unknown(lock: LockedSet, kind: str, name: str, known: list[NormalizedName]) -> LockError:
    close = get_close_matches(name, known, n=1)
    if not (lock.roots or known):
        hint = f"{lock.path.name} was made without: lock or export it again with this {kind}"
    elif close:
        hint = f"did you mean {close[0]!r}?"
    elif known:
        hint = f"it has {', '.join(map(repr, known))}"
    else:
        hint = f"it has no {kind}s; declare it in pyproject.toml and lock again"
    return LockError(f"{lock.path}: the project has no {kind} {name!r}", hint=hint)
