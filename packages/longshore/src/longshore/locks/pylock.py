"""``pylock.toml`` and ``pylock.<name>.toml`` (PyPA: pylock.toml specification, version 1; PEP 751).

``packaging`` validates the document; what it accepts is mapped here.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.pylock import (
    Package,
    PackageArchive,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockUnsupportedVersionError,
    PylockValidationError,
)

from longshore.errors import LockError
from longshore.locks.flat import FlatEntry, link_entries
from longshore.locks.interface import (
    Artifact,
    Dependency,
    LockedPackage,
    LockedSet,
    PackageSource,
    SourceKind,
)
from longshore.locks.naming import project_name
from longshore.locks.tables import load_toml, raise_problems
from longshore.types import Digest, NormalizedName, parse_name

FILENAME = "pylock.toml"
"""The file's name, beside the ``pyproject.toml`` of the project."""

HINT = "write it anew with the tool that made it"
_COMMIT_LENGTHS = (40, 64)


class PylockToml:
    """The standard's format."""

    def candidates(self, root: Path) -> tuple[Path, ...]:
        """Return ``pylock.toml`` of the project's folder, else its only ``pylock.<name>.toml``.

        Named locks are for different purposes; which of several is meant, only the user knows. In
        the folders above, within the repository, the one that has the project's name is its own.
        """
        if (root / FILENAME).is_file():
            return (root / FILENAME,)
        named = tuple(sorted(root.glob("pylock.*.toml")))
        return named if len(named) == 1 else _above(root)

    def read(
        self,
        path: Path,
        root: Path,
        environment: Mapping[str, str],  # noqa: ARG002 - the protocol's signature
    ) -> LockedSet | None:
        """Read the lock.

        Raises:
            LockError: with the first thing that is not as the standard has it, or with everything
                that is and can't be used here.
        """
        document = load_toml(path, hint=HINT)
        lock = _validate(path, document)
        reader = _Reader(path.parent, root)
        entries = tuple(reader.entries(lock))
        inputs = reader.inputs(document)
        raise_problems(path, [f"{path}: {line}" for line in reader.problems], hint=HINT)
        graph = link_entries(entries)
        return LockedSet(
            path=path,
            packages=graph.packages,
            entries=graph.entries,
            others=graph.others,
            python=str(lock.requires_python or ""),
            environments=tuple(lock.environments or ()),
            extras=_names(lock.extras),
            groups=_names(lock.dependency_groups),
            default_groups=_names(lock.default_groups),
            inputs=inputs,
        )


def _above(root: Path) -> tuple[Path, ...]:
    for folder in (root, *root.parents):
        if folder != root and any(folder.glob("pylock.*.toml")):
            try:
                path = folder / f"pylock.{project_name(root)}.toml"
            except ValueError:
                return ()
            return (path,) if path.is_file() else ()
        if (folder / ".git").exists():
            break
    return ()


def _validate(path: Path, document: dict[str, Any]) -> Pylock:
    try:
        return Pylock.from_dict(document)
    except PylockUnsupportedVersionError as error:
        msg = f"{path}: lock-version: expected '1.0', got {document['lock-version']!r}"
        raise LockError(msg, hint="upgrade longshore, or lock with the older version") from error
    except PylockValidationError as error:
        place = f"{error.context}: " if error.context else ""
        reason = error.message[:1].lower() + error.message[1:]
        msg = f"{path}: {place}{reason.splitlines()[0]}"
        raise LockError(msg, hint=HINT) from error


def _names(names: Sequence[str] | None) -> tuple[NormalizedName, ...]:
    return tuple(sorted({parse_name(name) for name in names or ()}))


class _Reader:
    """Maps packages; ``problems`` are lines with the place below the document in front."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self.problems: list[str] = []

    def entries(self, lock: Pylock) -> Iterator[FlatEntry]:
        """Yield the packages that are not the project itself."""
        parents = _parents(lock.packages)
        for index, package in enumerate(lock.packages):
            if self._is_project(package):
                continue
            try:
                found = self._package(package)
            except ValueError as error:
                self.problems.append(f"packages[{index}] ({package.name}): {error}")
                continue
            edge = Dependency(
                name=found.name, version=found.version, source=found.source, marker=package.marker
            )
            yield FlatEntry(package=found, edge=edge, parents=parents.get(found.name, ()))

    def inputs(self, document: Mapping[str, Any]) -> Digest | None:
        """Return what we noted about a lock of our own."""
        table = document.get("tool", {}).get("longshore", {})
        value = table.get("inputs") if isinstance(table, dict) else None
        if value is None:
            return None
        try:
            return Digest.parse(str(value))
        except ValueError as error:
            self.problems.append(f"tool.longshore.inputs: {error}")
            return None

    def _is_project(self, package: Package) -> bool:
        folder = package.directory
        return folder is not None and _inside(self._folder, folder.path) == self._root

    def _package(self, package: Package) -> LockedPackage:
        return LockedPackage(
            name=parse_name(package.name),
            version=None if package.version is None else str(package.version),
            source=_source(package),
            artifacts=tuple(self._artifacts(package)),
            python=str(package.requires_python or ""),
        )

    def _artifacts(self, package: Package) -> Iterator[Artifact]:
        if package.archive is not None:
            yield self._artifact(package.archive, _archive_name(package.archive))
        files: list[PackageWheel | PackageSdist] = [*(package.wheels or ())]
        if package.sdist is not None:
            files.append(package.sdist)
        for file in files:
            yield self._artifact(file, file.filename)

    def _artifact(self, file: PackageWheel | PackageSdist | PackageArchive, name: str) -> Artifact:
        # Of a URL and a path, which the standard has for the same bytes, the URL is everywhere.
        is_local = file.url is None
        return Artifact(
            filename=name,
            digest=_digest(file.hashes),
            url=file.url,
            path=_inside(self._folder, file.path or "") if is_local else None,
            size=file.size,
        )


def _parents(packages: Sequence[Package]) -> dict[NormalizedName, tuple[NormalizedName, ...]]:
    """Return who needs what, where the lock says so (packages.dependencies is for people)."""
    found: dict[NormalizedName, tuple[NormalizedName, ...]] = {}
    for package in packages:
        for dependency in package.dependencies or ():
            name = dependency.get("name")
            if isinstance(name, str) and name:
                child = NormalizedName(name)
                found[child] = (*found.get(child, ()), parse_name(package.name))
    return found


def _source(package: Package) -> PackageSource:
    if package.vcs is not None:
        return _repository(package.vcs)
    if package.directory is not None:
        folder = package.directory
        kind = SourceKind.EDITABLE if folder.editable else SourceKind.DIRECTORY
        return PackageSource(kind=kind, location=folder.path, subdirectory=folder.subdirectory)
    if package.archive is not None:
        archive = package.archive
        return PackageSource(
            kind=SourceKind.PATH if archive.url is None else SourceKind.URL,
            location=archive.url or archive.path or "",
            subdirectory=archive.subdirectory,
        )
    return PackageSource(kind=SourceKind.REGISTRY, location=package.index or "")


def _repository(vcs: PackageVcs) -> PackageSource:
    if vcs.type != "git" or vcs.url is None:
        msg = f"vcs: expected a URL of a git repository, got {vcs.type} at {vcs.url or vcs.path!r}"
        raise ValueError(msg)
    if len(vcs.commit_id) not in _COMMIT_LENGTHS:
        msg = f"vcs.commit-id: expected a full commit, got {vcs.commit_id!r}"
        raise ValueError(msg)
    return PackageSource(
        kind=SourceKind.GIT,
        location=vcs.url,
        revision=vcs.commit_id,
        subdirectory=vcs.subdirectory,
    )


def _archive_name(archive: PackageArchive) -> str:
    place = archive.path or unquote(urlsplit(archive.url or "").path)
    return place.replace("\\", "/").rpartition("/")[2]


def _digest(hashes: Mapping[str, str]) -> Digest:
    for algorithm in ("sha256", "sha384", "sha512"):
        if algorithm in hashes:
            return Digest(algorithm, hashes[algorithm].lower())
    msg = f"hashes: expected sha256 or stronger, got {', '.join(sorted(hashes))}"
    raise ValueError(msg)


def _inside(folder: Path, path: str) -> Path:
    return Path(normpath(folder / path))
