"""What every lock format becomes: packages with their files, hashes and dependencies.

A format is one module with a class that follows ``LockFormat``. The graph is kept, so that a
selection can say why a package is in an image, and so that forks of a universal lock (one name in
several versions) are decided where the target is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from longshore.types import Digest, NormalizedName, Target

if TYPE_CHECKING:
    from longshore.locks.selection import Selection


class SourceKind(StrEnum):
    """Where a package comes from."""

    REGISTRY = "registry"
    GIT = "git"
    URL = "url"
    PATH = "path"
    DIRECTORY = "directory"
    EDITABLE = "editable"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSource:
    """Where a package comes from.

    Args:
        kind: of source.
        location: an index, repository or archive URL, or a path as the lock has it, relative to the
            lock's folder; empty for whatever index is configured.
        revision: the full commit, for ``GIT``.
        subdirectory: of a repository or archive.
    """

    kind: SourceKind
    location: str = ""
    revision: str | None = None
    subdirectory: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is first-party code in a folder, to be built here, with nothing to fetch."""
        return self.kind in (SourceKind.DIRECTORY, SourceKind.EDITABLE, SourceKind.VIRTUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A distribution file, a wheel or an sdist; either ``url`` or ``path`` is given.

    Args:
        filename: as PyPA's file name conventions have it.
        digest: SHA-256 or stronger.
        url: where to fetch it.
        path: an absolute path, where the lock names a local file.
        size: in bytes, where the lock says.
    """

    filename: str
    digest: Digest
    url: str | None = None
    path: Path | None = None
    size: int | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel."""
        return self.filename.endswith(".whl")

    @property
    def is_sdist(self) -> bool:
        """Whether it is an archive of sources that a wheel can be built from (PEP 625, PEP 527)."""
        return self.filename.endswith((".tar.gz", ".zip"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An edge of the graph.

    Args:
        name: of what is needed.
        version: which of several locked versions is meant, or ``None`` where there is one.
        source: which of several sources is meant, likewise.
        extras: that are wanted of it.
        marker: when it is needed; ``extras`` in it are the lock's own names of conflicting extras.
    """

    name: NormalizedName
    version: str | None = None
    source: PackageSource | None = None
    extras: tuple[NormalizedName, ...] = ()
    marker: Marker | None = None


Edges = Mapping[NormalizedName, tuple[Dependency, ...]]
"""Dependencies by the name of an extra or a group."""


def _no_edges() -> Edges:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """A package at one version.

    Args:
        name: its normalised name.
        version: as locked, or ``None`` for first-party code whose backend computes it.
        source: where it comes from.
        artifacts: its files; empty where the lock has hashes only.
        hashes: what a file may have, where the lock doesn't name files; sorted.
        dependencies: without any extra.
        extras: further dependencies by extra.
        groups: further dependencies by dependency group (PEP 735), of first-party code.
        python: the Pythons that it is for, a specifier set, where the lock says so.
        declared: what first-party code declared when it was locked, where the lock keeps it: names
            with their version specifiers, ``None`` where a source takes their place; no extras.
    """

    name: NormalizedName
    version: str | None
    source: PackageSource
    artifacts: tuple[Artifact, ...] = ()
    hashes: tuple[Digest, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    extras: Edges = field(default_factory=_no_edges, hash=False)
    groups: Edges = field(default_factory=_no_edges, hash=False)
    python: str = ""
    declared: frozenset[tuple[NormalizedName, SpecifierSet | None]] | None = None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSet:
    """A whole lock.

    Args:
        path: of its file, absolute; relative locations in it refer to the file's folder.
        packages: in the order of the file.
        roots: the project, or all members where the project's folder is only their root.
        entries: what a selection begins with, the roots' own dependencies aside.
        others: what belongs to every selection even if nothing leads to it: in a flat lock, each
            of its lines.
        python: the Pythons that it was resolved for, a specifier set, or an empty string.
        environments: markers of which one must hold; empty for any environment.
        extras: those of the project that the lock was made for, where markers ask for them.
        groups: its dependency groups, likewise.
        default_groups: groups that belong to every selection.
        inputs: a digest of what Longshore resolved it from, or ``None`` for another tool's lock.
        index_url: the index that the lock names for all packages, as written, or ``None``.
        extra_index_urls: further ones, as written.
    """

    path: Path
    packages: tuple[LockedPackage, ...]
    roots: tuple[NormalizedName, ...] = ()
    entries: tuple[Dependency, ...] = ()
    others: tuple[Dependency, ...] = ()
    python: str = ""
    environments: tuple[Marker, ...] = ()
    extras: tuple[NormalizedName, ...] = ()
    groups: tuple[NormalizedName, ...] = ()
    default_groups: tuple[NormalizedName, ...] = ()
    inputs: Digest | None = None
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()

    def select(
        self, target: Target, *, extras: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> "Selection":
        """Return what the project needs on a target.

        Args:
            target: decides the markers.
            extras: of the project itself.
            groups: dependency groups of the project; none is included by default.

        Raises:
            LockError: if the lock does not cover the target, knows no such extra or group, or
                would need two versions of one package at once.
        """
        from longshore.locks.selection import select  # noqa: PLC0415 - it needs these types

        return select(self, target, extras=extras, groups=groups)


class LockFormat(Protocol):
    """A lock format."""

    def candidates(self, root: Path) -> tuple[Path, ...]:
        """Return the files that may be a project's lock and exist, best first."""

    def read(self, path: Path, root: Path, environment: Mapping[str, str]) -> LockedSet | None:
        """Read a lock, or return ``None`` if the file does not concern the project at ``root``.

        Raises:
            LockError: with everything that is wrong in the file.
        """
