"""Files that two wheels bring: the order of layers must not decide which one is there.

Equal content is written once. Different content inside an importable package is an error, since
one of the two would be broken; elsewhere (a ``LICENSE`` or ``tests`` at the top of
``site-packages``) the first wheel by normalised name wins, with a warning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from longshore.errors import WheelError
from longshore.oci.tar import parents
from longshore.types import Digest, Finding, NormalizedName, Severity

_MODULES = frozenset({".py", ".pyi", ".so"})
_STRAY = frozenset(
    {"benchmark", "benchmarks", "doc", "docs", "example", "examples", "script", "scripts"}
    | {"test", "testing", "tests", "tool", "tools"}
)

Contents = Mapping[NormalizedName, Mapping[str, Digest]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collisions:
    """What was found.

    Args:
        omitted: by wheel, the paths that another wheel brings.
        together: groups of wheels that disagree about a file, sorted: each belongs in one layer.
        findings: one warning per pair of wheels that disagree.
    """

    omitted: Mapping[NormalizedName, frozenset[str]]
    together: tuple[tuple[NormalizedName, ...], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Dispute:
    first: NormalizedName
    second: NormalizedName
    path: str


def find_collisions(contents: Contents, site: str) -> Collisions:
    """Compare what wheels bring.

    Args:
        contents: by wheel, the digest of each file by its path in the image.
        site: the folder that modules are imported from.

    Raises:
        WheelError: if importable code would be overwritten, or a file stands where a folder must.
    """
    owners: dict[str, NormalizedName] = {}
    omitted: dict[NormalizedName, set[str]] = {}
    disputes = []
    for name in sorted(contents):
        for path, digest in contents[name].items():
            owner = owners.setdefault(path, name)
            if owner == name:
                continue
            omitted.setdefault(name, set()).add(path)
            if contents[owner][path] != digest:
                disputes.append(_Dispute(owner, name, path))
    broken = [item for item in disputes if _is_importable(item.path, site, owners)]
    problems = [_describe(item) for item in sorted(broken)] + _blocked_folders(owners)
    if problems:
        raise WheelError(
            problems[0],
            context=problems[1:],
            hint="remove one of the two from the project's dependencies and lock again",
        )
    return Collisions(
        omitted={name: frozenset(paths) for name, paths in omitted.items()},
        together=_groups(disputes),
        findings=_warnings(disputes),
    )


def _is_importable(path: str, site: str, owners: Mapping[str, NormalizedName]) -> bool:
    if not path.startswith(f"{site}/"):
        return False
    inside = PurePosixPath(path.removeprefix(f"{site}/"))
    if inside.parts[0] in _STRAY:
        return False
    packages = (folder for folder in parents(path) if folder.startswith(f"{site}/"))
    return inside.suffix in _MODULES or any(
        f"{folder}/__init__.py" in owners for folder in packages
    )


def _describe(item: _Dispute) -> str:
    return f"{item.first} and {item.second} both bring {item.path!r}, with different content"


def _blocked_folders(owners: Mapping[str, NormalizedName]) -> list[str]:
    blocked = {}
    for path, name in owners.items():
        for folder in parents(path):
            if folder in owners:
                blocked[folder] = name
    return [
        f"{owners[folder]} brings the file {folder!r}, where {name} needs a folder"
        for folder, name in sorted(blocked.items())
    ]


def _groups(disputes: Iterable[_Dispute]) -> tuple[tuple[NormalizedName, ...], ...]:
    """Join wheels that disagree, directly or through others."""
    groups: list[set[NormalizedName]] = []
    for item in disputes:
        pair = {item.first, item.second}
        touching = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair]
        groups.append(pair.union(*touching))
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def _warnings(disputes: Sequence[_Dispute]) -> tuple[Finding, ...]:
    pairs: dict[tuple[NormalizedName, NormalizedName], list[str]] = {}
    for item in sorted(disputes):
        pairs.setdefault((item.first, item.second), []).append(item.path)
    return tuple(
        Finding(
            rule="layers.collision",
            severity=Severity.WARNING,
            location=second,
            message=f"{first} brings {_some(paths)} too; the one of {first} is in the image",
            hint="ask one of the projects not to install files outside its own package",
        )
        for (first, second), paths in pairs.items()
    )


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]!r}{more}"
