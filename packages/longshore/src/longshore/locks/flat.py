"""Flat locks: every entry belongs to a selection if its marker holds, whoever needs it.

Who needs what is kept for the reasons of a selection only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from longshore.locks.interface import Dependency, LockedPackage
from longshore.types import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatEntry:
    """A package, the edge that leads to it, and the names of those that need it."""

    package: LockedPackage
    edge: Dependency
    parents: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatGraph:
    """The parts of a ``LockedSet``: packages with their edges, entries, others."""

    packages: tuple[LockedPackage, ...]
    entries: tuple[Dependency, ...]
    others: tuple[Dependency, ...]


def link_entries(entries: Sequence[FlatEntry]) -> FlatGraph:
    """Make a graph of a flat list; a parent that is not in the list does not count."""
    packages = _merge(entry.package for entry in entries)
    names = {package.name for package in packages}
    children: dict[NormalizedName, list[Dependency]] = {}
    tops: list[Dependency] = []
    others: list[Dependency] = []
    for entry in entries:
        above = [name for name in entry.parents if name in names and name != entry.package.name]
        for parent in above:
            children.setdefault(parent, []).append(entry.edge)
        (others if above else tops).append(entry.edge)
    return FlatGraph(
        packages=tuple(
            replace(package, dependencies=tuple(children.get(package.name, ())))
            for package in packages
        ),
        entries=tuple(tops),
        others=tuple(others),
    )


def _merge(packages: Iterable[LockedPackage]) -> list[LockedPackage]:
    """Make one package of entries that differ in their markers only."""
    merged: dict[tuple[object, ...], LockedPackage] = {}
    for package in packages:
        key = (package.name, package.version, package.source)
        known = merged.get(key)
        if known is None:
            merged[key] = package
        else:
            files = {artifact.filename: artifact for artifact in known.artifacts}
            files |= {artifact.filename: artifact for artifact in package.artifacts}
            hashes = tuple(sorted({*known.hashes, *package.hashes}))
            merged[key] = replace(known, hashes=hashes, artifacts=tuple(files.values()))
    return list(merged.values())
