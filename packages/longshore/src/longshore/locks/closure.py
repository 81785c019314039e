"""What a lock has for a project on any target: the packages that can be reached, and their digest.

A lock of a workspace holds more than one application; only its own part decides its image.
"""

from collections import deque
from collections.abc import Iterator
from posixpath import isabs, normpath

from longshore.errors import LockError
from longshore.locks.interface import Dependency, LockedPackage, LockedSet, SourceKind
from longshore.types import Digest, NormalizedName


def reachable_packages(lock: LockedSet) -> tuple[LockedPackage, ...]:
    """Return what the project needs whatever the markers say, the project included, by name."""
    by_name: dict[NormalizedName, list[LockedPackage]] = {}
    for package in lock.packages:
        by_name.setdefault(package.name, []).append(package)
    queue = deque((*lock.entries, *lock.others, *(Dependency(name=name) for name in lock.roots)))
    found: dict[int, LockedPackage] = {}
    visited: set[tuple[int, NormalizedName | None]] = set()
    while queue:
        edge = queue.popleft()
        for package in by_name.get(edge.name, ()):
            if edge.version not in (None, package.version):
                continue
            if edge.source not in (None, package.source):
                continue
            found[id(package)] = package
            for extra in (None, *edge.extras):
                if (id(package), extra) not in visited:
                    visited.add((id(package), extra))
                    queue.extend(package.extras.get(extra, ()) if extra else package.dependencies)
    return tuple(sorted(found.values(), key=lambda each: (each.name, each.version or "")))


def closure_digest(lock: LockedSet) -> Digest:
    """Return a digest of the part of a lock that the project can reach."""
    heads = [lock.python, *map(str, lock.environments), lock.index_url or ""]
    heads += [*lock.extra_index_urls, *lock.roots]
    lines = [*heads, *(_line(package) for package in reachable_packages(lock))]
    return Digest.of_chunks(f"{line}\n".encode() for line in lines)


def _line(package: LockedPackage) -> str:
    source = package.source
    parts = [package.name, package.version or "", source.kind, source.location]
    parts += [source.revision or "", source.subdirectory or "", package.python]
    parts += sorted(f"{each.filename} {each.digest}" for each in package.artifacts)
    parts += map(str, package.hashes)
    parts += (f"{each.name} {each.version} {each.extras} {each.marker}" for each in _edges(package))
    return "|".join(parts)


def _edges(package: LockedPackage) -> Iterator[Dependency]:
    yield from package.dependencies
    for extra in sorted(package.extras):
        yield from package.extras[extra]


def check_folders(lock: LockedSet, packages: Iterator[LockedPackage]) -> None:
    """Refuse code outside the folder of the lock: nothing there is what was reviewed with it.

    Raises:
        LockError: for the first package whose folder or file is outside.
    """
    for package in packages:
        path = normpath(package.source.location)
        outside = isabs(path) or path.split("/")[0] == ".."
        is_path = package.source.is_folder or package.source.kind is SourceKind.PATH
        if is_path and outside:
            msg = f"{lock.path}: {package.name}: {path!r} leaves the folder of the lock"
            raise LockError(
                msg, hint="move it into the workspace, or publish it and lock the release"
            )
