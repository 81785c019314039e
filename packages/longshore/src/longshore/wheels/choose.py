"""Choose the file of each package: the wheel that fits a target best, else the sdist.

Nothing is fetched for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.tags import Tag
from packaging.utils import BuildTag, InvalidWheelFilename, parse_wheel_filename

from longshore.errors import WheelError
from longshore.locks import Artifact, LockedPackage, Selection
from longshore.types import Target
from longshore.wheels.misfit import explain_misfit
from longshore.wheels.tags import target_tags

_Rank = tuple[int, int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenWheel:
    """A package and the file that stands for it on one target: a wheel, or what makes one."""

    package: LockedPackage
    artifact: Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenFiles:
    """The files of a selection: wheels, and sdists of what has no wheel that fits; by name."""

    wheels: tuple[ChosenWheel, ...]
    sdists: tuple[ChosenWheel, ...]


def choose_files(selection: Selection, target: Target) -> ChosenFiles:
    """Return a wheel for each package to be fetched, or its sdist where no wheel fits.

    Raises:
        WheelError: naming every package that has neither, and what would help.
    """
    wheels, rest = _choose(selection, target)
    sdists = _sdists(rest)
    built = {sdist.package.name for sdist in sdists}
    misfits = [package for package in rest if package.name not in built]
    if misfits:
        raise _no_wheels(misfits, target)
    return ChosenFiles(wheels=wheels, sdists=sdists)


def find_sdists(selection: Selection, target: Target) -> tuple[ChosenWheel, ...]:
    """Return the sdists of the packages that have no wheel for a target; others don't matter."""
    return _sdists(_choose(selection, target)[1])


def _sdists(packages: Iterable[LockedPackage]) -> tuple[ChosenWheel, ...]:
    found = (
        (package, next((each for each in package.artifacts if each.is_sdist), None))
        for package in packages
    )
    return tuple(ChosenWheel(package=package, artifact=sdist) for package, sdist in found if sdist)


def choose_wheels(selection: Selection, target: Target) -> tuple[ChosenWheel, ...]:
    """Return a wheel for each package to be fetched, sorted by name.

    The order of preference is the target's order of tags, then the higher build tag. Packages that
    a lock has by hash only need their files first: ``locate_artifacts``.

    Raises:
        WheelError: naming every package without a wheel that fits, and what would help.
    """
    wheels, misfits = _choose(selection, target)
    if misfits:
        raise _no_wheels(misfits, target)
    return wheels


def _choose(
    selection: Selection, target: Target
) -> tuple[tuple[ChosenWheel, ...], list[LockedPackage]]:
    """Return the wheels that fit, and the packages that have none."""
    chosen: list[ChosenWheel] = []
    rest: list[LockedPackage] = []
    for package in selection.packages:
        artifact = choose_wheel(package.artifacts, target)
        if artifact is None:
            rest.append(package)
        else:
            chosen.append(ChosenWheel(package=package, artifact=artifact))
    return tuple(chosen), rest


def _no_wheels(misfits: list[LockedPackage], target: Target) -> WheelError:
    hint = (
        "lock a version that has one, choose another base, "
        "or put a wheel that you built for it on an index"
    )
    reasons = [(package, explain_misfit(package, target)) for package in misfits]
    if len(reasons) == 1:
        [(package, reason)] = reasons
        return WheelError(f"{package}: no wheel for {target}: {reason}", hint=hint)
    lines = [f"{package}: {reason}" for package, reason in reasons]
    return WheelError(f"{len(lines)} packages have no wheel for {target}", context=lines, hint=hint)


def choose_wheel(artifacts: Iterable[Artifact], target: Target) -> Artifact | None:
    """Return the best wheel among some files, or ``None`` if none fits."""
    ranks = {tag: index for index, tag in enumerate(target_tags(target))}
    fitting = [
        (rank, artifact)
        for artifact in artifacts
        if artifact.is_wheel and (rank := _rank(artifact, ranks)) is not None
    ]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _rank(artifact: Artifact, ranks: dict[Tag, int]) -> _Rank | None:
    try:
        _, _, build, tags = parse_wheel_filename(artifact.filename)
    except InvalidWheelFilename:
        return None
    places = [ranks[tag] for tag in tags if tag in ranks]
    if not places:
        return None
    return min(places), *_build_rank(build), artifact.filename


def _build_rank(build: BuildTag) -> tuple[int, str]:
    number, suffix = build or (-1, "")
    return -number, suffix
