"""Properties of a selection, on generated graphs."""

from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from longshore.locks import Dependency, LockedPackage, LockedSet, PackageSource, SourceKind
from longshore.locks.selection import Selection
from longshore.types import Glibc, NormalizedName, Platform, PythonVersion, Target, parse_name

NAMES = tuple(parse_name(letter) for letter in "abcdefgh")
EXTRAS = (parse_name("x"), parse_name("y"))
ROOT = parse_name("root")
MARKERS = (
    None,
    Marker("python_version >= '3.12'"),
    Marker("python_version < '3.12'"),
    Marker("platform_machine == 'x86_64'"),
    Marker("sys_platform == 'win32'"),
)
TARGETS = [
    Target.cpython(
        platform=Platform("linux", architecture), python=PythonVersion(3, minor), libc=Glibc(2, 36)
    )
    for architecture in ("amd64", "arm64")
    for minor in (11, 13)
]

edges = st.lists(
    st.builds(
        Dependency,
        name=st.sampled_from(NAMES),
        extras=st.lists(st.sampled_from(EXTRAS), unique=True, max_size=2).map(tuple),
        marker=st.sampled_from(MARKERS),
    ),
    max_size=4,
).map(tuple)
tables = st.dictionaries(st.sampled_from(EXTRAS), edges)
targets = st.sampled_from(TARGETS)


@st.composite
def locks(draw: st.DrawFn) -> LockedSet:
    """A lock of eight packages and a root whose extras are x and y."""
    packages = [
        LockedPackage(
            name=name,
            version="1",
            source=PackageSource(kind=SourceKind.REGISTRY),
            dependencies=draw(edges),
            extras=draw(tables),
        )
        for name in NAMES
    ]
    root = LockedPackage(
        name=ROOT,
        version=None,
        source=PackageSource(kind=SourceKind.EDITABLE, location="."),
        dependencies=draw(edges),
        extras={extra: draw(edges) for extra in EXTRAS},
    )
    return LockedSet(path=Path("/uv.lock"), packages=(root, *packages), roots=(ROOT,))


def _names(selection: Selection) -> set[NormalizedName]:
    return {package.name for package in selection.packages}


@given(locks(), targets)
def test_a_selection_is_closed_under_the_edges_that_apply(lock: LockedSet, target: Target) -> None:
    selection = lock.select(target)
    for package in (*selection.packages, *selection.members):
        for edge in package.dependencies:
            applies = edge.marker is None or edge.marker.evaluate(dict(target.markers))
            assert not applies or edge.name in _names(selection)


@given(locks(), targets)
def test_every_reason_is_a_path_of_edges_from_the_project(lock: LockedSet, target: Target) -> None:
    selection = lock.select(target, extras=EXTRAS)
    by_name = {package.name: package for package in lock.packages}
    assert set(selection.reasons) == _names(selection) | {ROOT}
    for name in _names(selection):
        reason = selection.reasons[name]
        assert reason[-1] == name
        assert len(set(reason)) == len(reason)
        for parent, child in zip((ROOT, *reason), reason, strict=False):
            above = by_name[parent]
            reachable = [*above.dependencies, *(e for t in above.extras.values() for e in t)]
            assert child in {edge.name for edge in reachable}


@given(locks(), targets)
def test_more_extras_never_select_less(lock: LockedSet, target: Target) -> None:
    none = _names(lock.select(target))
    one = _names(lock.select(target, extras=["x"]))
    both = _names(lock.select(target, extras=["x", "y"]))
    assert none <= one <= both
    assert both == one | _names(lock.select(target, extras=["y"]))


@given(locks(), targets, st.randoms(use_true_random=False))
def test_the_order_of_a_lock_decides_nothing(
    lock: LockedSet, target: Target, random: Random
) -> None:
    shuffled = list(lock.packages)
    random.shuffle(shuffled)
    other = LockedSet(path=lock.path, packages=tuple(shuffled), roots=lock.roots)
    assert other.select(target, extras=["x"]) == lock.select(target, extras=["x"])


@given(locks(), targets)
def test_selecting_from_what_was_selected_changes_nothing(lock: LockedSet, target: Target) -> None:
    first = lock.select(target, extras=["x"])
    again = LockedSet(path=lock.path, packages=(*first.members, *first.packages), roots=lock.roots)
    assert again.select(target, extras=["x"]) == first
