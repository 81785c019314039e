"""``uv.lock``, version 1 of any revision (uv's own format; revisions are compatible additions)."""

import re
from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from longshore.errors import LockError
from longshore.locks.interface import (
    Artifact,
    Dependency,
    Edges,
    LockedPackage,
    LockedSet,
    PackageSource,
    SourceKind,
)
from longshore.locks.tables import Table, load_toml, raise_problems
from longshore.types import Digest, NormalizedName, parse_name

FILENAME = "uv.lock"
"""The file's name, beside the ``pyproject.toml`` of the project or of its workspace."""

_HINT = "run 'uv lock' to write it anew"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CONFLICT = re.compile(r"""extra (==|!=) ('[^']*'|"[^"]*")""")


class UvLock:
    """The format of uv."""

    def candidates(self, root: Path) -> tuple[Path, ...]:
        """Return the nearest ``uv.lock`` at or above the project, within its repository."""
        for folder in (root, *root.parents):
            if (folder / FILENAME).is_file():
                return (folder / FILENAME,)
            if (folder / ".git").exists():
                break
        return ()

    def read(
        self,
        path: Path,
        root: Path,
        environment: Mapping[str, str],  # noqa: ARG002 - the protocol's signature
    ) -> LockedSet | None:
        """Read the lock; a workspace that does not have the project is none of its business.

        Raises:
            LockError: with everything that is wrong in the file.
        """
        problems: list[str] = []
        document = Table(load_toml(path, hint=_HINT), "", problems)
        _check_version(path, document)
        packages = tuple(_package(table, path.parent) for table in document.tables("package"))
        python = document.optional_text("requires-python") or ""
        document.parsed("requires-python", SpecifierSet)
        environments = document.parsed_texts("supported-markers", parse_marker)
        roots = _roots(document, packages, path.parent, root)
        raise_problems(path, [f"{path}: {problem}" for problem in problems], hint=_HINT)
        if not roots:
            if path.parent != root:
                return None
            msg = f"{path}: has no package for this folder"
            raise LockError(msg, hint=_HINT)
        return LockedSet(
            path=path, packages=packages, roots=roots, python=python, environments=environments
        )


def _check_version(path: Path, document: Table) -> None:
    version = document.data.get("version")
    if version != 1:
        msg = f"{path}: version: expected 1, got {version!r}"
        raise LockError(
            msg,
            hint="export it: uv export --format requirements-txt --no-emit-project "
            "-o requirements.lock, and upgrade Longshore",
        )


def _roots(
    document: Table, packages: tuple[LockedPackage, ...], folder: Path, root: Path
) -> tuple[NormalizedName, ...]:
    """Return the package in the project's folder, else, at the top, all members."""
    for package in packages:
        if package.source.is_folder and folder / normpath(package.source.location) == root:
            return (package.name,)
    if folder != root:
        return ()
    members = set(document.table("manifest").parsed_texts("members", parse_name))
    return tuple(
        sorted(item.name for item in packages if item.name in members and item.source.is_folder)
    )


def _package(table: Table, folder: Path) -> LockedPackage:
    source = _source(table.table("source"))
    version = table.optional_text("version")
    if version is None and not source.is_folder:
        table.complain("version", "missing")
    return LockedPackage(
        name=_name(table),
        version=version,
        source=source,
        artifacts=_artifacts(table, source, folder),
        dependencies=_dependencies(table, "dependencies"),
        extras=_edges(table.table("optional-dependencies")),
        groups=_edges(table.table("dev-dependencies")),
        declared=_declared(table) if source.is_folder else None,
    )


def _declared(table: Table) -> frozenset[tuple[NormalizedName, SpecifierSet | None]] | None:
    """Return what the project's metadata said when it was locked, extras left out."""
    if "metadata" not in table:
        return None
    found = set()
    for entry in table.table("metadata").tables("requires-dist"):
        if "extra ==" in (entry.optional_text("marker") or ""):
            continue
        sourced = not entry.data.keys() <= {"name", "extras", "marker", "specifier"}
        specifier = entry.parsed("specifier", SpecifierSet) or SpecifierSet()
        found.add((_name(entry), None if sourced else specifier))
    return frozenset(found)


def _name(table: Table) -> NormalizedName:
    if "name" not in table:
        table.complain("name", "missing")
    return table.parsed("name", parse_name) or NormalizedName("")


def _source(table: Table) -> PackageSource:
    for kind in SourceKind:
        if kind not in table:
            continue
        location = table.optional_text(kind) or ""
        subdirectory = table.optional_text("subdirectory")
        if kind is not SourceKind.GIT:
            return PackageSource(kind=kind, location=location, subdirectory=subdirectory)
        repository, _, commit = location.partition("#")
        if not _COMMIT.fullmatch(commit):
            table.complain(kind, f"expected a full commit after '#', got {location!r}")
        subdirectory = subdirectory or _query(repository, "subdirectory")
        return PackageSource(
            kind=kind,
            location=repository.partition("?")[0],
            revision=commit,
            subdirectory=subdirectory,
        )
    known = ", ".join(SourceKind)
    table.complain("", f"expected one of {known}, got {dict(table.data)!r}")
    return PackageSource(kind=SourceKind.REGISTRY)


def _query(url: str, key: str) -> str | None:
    for pair in url.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if name == key:
            return unquote(value)
    return None


def _artifacts(table: Table, source: PackageSource, folder: Path) -> tuple[Artifact, ...]:
    if source.is_folder or source.kind is SourceKind.GIT:
        return ()
    tables = list(table.tables("wheels"))
    if "sdist" in table:
        tables.append(table.table("sdist"))
    found = (_artifact(item, source, folder) for item in tables)
    return tuple(artifact for artifact in found if artifact is not None)


def _artifact(table: Table, source: PackageSource, folder: Path) -> Artifact | None:
    if "hash" not in table:
        table.complain("hash", "missing")
    digest = table.parsed("hash", Digest.parse)
    size = table.optional_integer("size")
    url, path = _place(table, source, folder)
    filename = table.optional_text("filename")
    if not filename and url is not None:
        filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename and path is not None:
        filename = path.name
    if not filename:
        table.complain("url", "missing")
    if digest is None or not filename:
        return None
    return Artifact(filename=filename, digest=digest, url=url, path=path, size=size)


def _place(table: Table, source: PackageSource, folder: Path) -> tuple[str | None, Path | None]:
    """Return where a file is: its own URL or path, or the one of its package."""
    if (url := table.optional_text("url")) is not None:
        return url, None
    if (path := table.optional_text("path")) is not None:
        return None, Path(normpath(folder / source.location / path))
    if source.kind is SourceKind.URL:
        return source.location, None
    if source.kind is SourceKind.PATH:
        return None, Path(normpath(folder / source.location))
    return None, None


def _edges(table: Table) -> Edges:
    found: dict[NormalizedName, tuple[Dependency, ...]] = {}
    for key in table.data:
        try:
            found[parse_name(key)] = _dependencies(table, key)
        except ValueError as error:
            table.complain("", str(error))
    return MappingProxyType(found)


def _dependencies(table: Table, key: str) -> tuple[Dependency, ...]:
    return tuple(
        Dependency(
            name=_name(item),
            version=item.optional_text("version"),
            source=_source(item.table("source")) if "source" in item else None,
            extras=item.parsed_texts("extra", parse_name),
            marker=item.parsed("marker", parse_marker),
        )
        for item in table.tables(key)
    )


def parse_marker(text: str) -> Marker:
    """Parse a marker of a lock; uv's ``extra == 'extra-3-app-cpu'`` asks for membership.

    It becomes the lock file form of the specification (``in extras``), which can hold for several
    extras at once.

    Raises:
        ValueError: if it is no valid marker.
    """

    def membership(match: re.Match[str]) -> str:
        return f"{match[2]} {'in' if match[1] == '==' else 'not in'} extras"

    return Marker(_CONFLICT.sub(membership, text))
