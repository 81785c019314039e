"""Which packages a base consists of: the closure of its roots (Debian policy §7.2).

``Depends`` and ``Pre-Depends`` are followed, ``Recommends`` are not. No maintainer script ever
runs, so what only those need is left out.
"""

from collections import deque
from collections.abc import Collection, Iterable

from longshore.base.debian.index import IndexedPackage, PackageIndex
from longshore.base.debian.relation import Alternatives
from longshore.errors import LockError

SCRIPT_TOOLS = frozenset(
    {
        *("adduser", "cdebconf", "debconf", "debconf-2.0", "dpkg", "init-system-helpers"),
        *("install-info", "perl-base", "sensible-utils", "ucf"),
    }
)
"""Packages that others depend on for their maintainer scripts only."""

SCRIPT_EDGES = frozenset({("base-files", "awk"), ("ca-certificates", "openssl")})
"""The same for single dependencies: package and what it depends on."""


def resolve(
    roots: Iterable[str],
    index: PackageIndex,
    *,
    without: Collection[str] = (),
    key: str = "packages",
) -> tuple[IndexedPackage, ...]:
    """Return the closure of some packages, sorted by name.

    Args:
        roots: the packages.
        index: where they are looked up.
        without: packages that nothing of the closure needs here, whatever depends on them.

    A group of alternatives is satisfied by what is already chosen, else by its first member that
    exists, else by the first package, by name, that provides one. Roots are taken in the order of
    their names, breadth first, so the same index gives the same closure.

    Args:
        roots: names of binary packages.
        index: what the suites have.
        key: of the configuration that may have named a root, for messages.

    Raises:
        LockError: with every dependency that nothing satisfies.
    """
    wanted = sorted(set(roots))
    chosen: dict[str, IndexedPackage] = {}
    problems = []
    queue = deque[tuple[IndexedPackage, str]]()
    for name in wanted:
        package = index.get(name)
        if package is None:
            problems.append(f"{name!r} is in none of the suites")
        else:
            chosen[name] = package
            queue.append((package, name))
    while queue:
        package, path = queue.popleft()
        for group in package.depends:
            if any(relation.name in without for relation in group):
                continue
            if _is_left_out(package.name, group, wanted) or _is_satisfied(group, chosen):
                continue
            found = _choose(group, index)
            if found is None:
                words = " | ".join(map(str, group))
                problems.append(f"nothing satisfies {words!r}, needed by {path}")
                continue
            chosen[found.name] = found
            queue.append((found, f"{path} -> {found.name}"))
    if problems:
        msg = f"base: {problems[0]}"
        hint = f"check `{key}` in the configuration: names of Debian's binary packages"
        raise LockError(msg, context=problems[1:], hint=hint)
    return tuple(chosen[name] for name in sorted(chosen))


def _is_left_out(package: str, group: Alternatives, wanted: list[str]) -> bool:
    names = [relation.name for relation in group]
    if any(name in wanted for name in names):
        return False
    return any(name in SCRIPT_TOOLS or (package, name) in SCRIPT_EDGES for name in names)


def _is_satisfied(group: Alternatives, chosen: dict[str, IndexedPackage]) -> bool:
    for relation in group:
        real = chosen.get(relation.name)
        if real is not None and relation.accepts(real.version):
            return True
        for package in chosen.values():
            for provided in package.provides:
                if provided.name != relation.name:
                    continue
                if relation.version is None or (
                    provided.version is not None and relation.accepts(provided.version)
                ):
                    return True
    return False


def _choose(group: Alternatives, index: PackageIndex) -> IndexedPackage | None:
    """Return what satisfies a group."""
    for relation in group:
        real = index.get(relation.name)
        if real is not None and relation.accepts(real.version):
            return real
    for relation in group:
        for provider in index.providers(relation):
            return provider
    return None
