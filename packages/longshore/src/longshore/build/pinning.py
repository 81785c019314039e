"""Fill in what ``longshore.lock`` lacks: resolve the base's packages and the build backends."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from longshore.base import Base
from longshore.base.opening import lock_base
from longshore.build.bases import choose_base, open_with
from longshore.build.interface import Workshop
from longshore.build.materials import locked_sdists
from longshore.build.members import FirstParty
from longshore.build.pins import (
    Part,
    find_base_pins,
    lock_path,
    own_needs_toolchain,
    report_written,
    stale_pins,
    wanted_pins,
)
from longshore.build.replacing import replace_text
from longshore.build.resolving import BuildResolver
from longshore.build.sdists import keep_pins, missing_sdists, pin_sdists
from longshore.build.toolchain import BuildRoots
from longshore.locks import LockedSet
from longshore.locks.pins import (
    BasePins,
    BuildPins,
    PinnedSdist,
    Pins,
    read_pins,
    render_pins,
)
from longshore.wheels.choose import ChosenWheel


def write_missing_pins(
    workshop: Workshop,
    first_party: FirstParty,
    *,
    upgrade: frozenset[Part],
    lock: LockedSet | None = None,
) -> tuple[str, ...]:
    """Resolve what is missing or to be upgraded, write the file, and say what changed.

    Args:
        workshop: the project and the tools.
        first_party: whose build requirements are pinned.
        upgrade: what is resolved again, though it is pinned.
        lock: the project's own, to pin what builds its source distributions; without it, what is
            pinned for them stays.

    Raises:
        LockError: if something can't be resolved.
        WheelError: if a source distribution is not acceptable, or its backend fails.
        TransportError: if the mirror or the index can't be reached.
    """
    before = read_pins(lock_path(workshop)) or Pins()
    wanted = wanted_pins(workshop, first_party)
    pinned = find_base_pins(before, wanted)
    if pinned is None or Part.BASE in upgrade:
        pinned = lock_base(
            wanted.reference,
            platform=wanted.platform,
            packages=wanted.packages,
            transport=workshop.transport,
            store=workshop.blobs,
            mirrors=workshop.config.mirrors,
        )
    after = replace(before, bases=_with(before.bases, pinned))
    base = open_pinned_base(workshop, after)
    known = replace(before, builds=(), sdists=()) if Part.BUILD in upgrade else before
    roots = BuildRoots(
        workshop=workshop, base=base, pins=before, may_lock=True, upgrade=Part.BASE in upgrade
    )
    resolver = BuildResolver(workshop, roots, known)
    builds = {requires: resolver.of_members(requires, first_party) for requires in wanted.builds}
    if own_needs_toolchain(workshop, builds):
        roots.pin()
    sdists, toolchains = before.sdists, before.toolchains
    if lock is not None:
        sdists = _pin_locked(workshop, roots, lock, known=known, resolver=resolver)
        toolchains = tuple(each for each in toolchains if each.platform != wanted.platform)
    for sdist in sdists:
        builds.setdefault(sdist.requires, resolver.of_sdists(sdist.requires))
    after = replace(after, builds=_sorted(builds.values()), sdists=sdists)
    after = replace(after, toolchains=_with(toolchains, roots.toolchain))
    _write(workshop, after)
    return tuple(_changes(before, after))


def require_sdist_pins(
    workshop: Workshop,
    base: Base,
    sdists: Sequence[ChosenWheel],
    *,
    pins: Pins,
    locked: bool,
    told: bool = True,
) -> Pins:
    """Return pins that have all that source distributions need, written first if that is allowed.

    Args:
        workshop: the project and the tools.
        base: the image's.
        sdists: the packages that have no wheel for it.
        pins: complete but for these.
        locked: whether a missing pin is an error.
        told: whether the user hears that the file was written.

    Raises:
        LockError: if a pin is missing and ``locked``, or can't be resolved.
        WheelError: if a source distribution is not acceptable, or its backend fails.
        TransportError: if something can't be fetched.
    """
    missing = missing_sdists(workshop, pins, sdists, base.describe().interpreter.version.short)
    if not missing:
        return pins
    if locked:
        raise stale_pins(workshop, missing)
    roots = BuildRoots(workshop=workshop, base=base, pins=pins, may_lock=True)
    resolver = BuildResolver(workshop, roots, pins)
    fresh = pin_sdists(workshop, roots, sdists, known=pins, resolve=resolver.of_sdists)
    builds = {build.requires: build for build in pins.builds}
    for sdist in fresh:
        builds[sdist.requires] = resolver.of_sdists(sdist.requires)
    others = [each for each in pins.sdists if each not in fresh]
    complete = replace(
        pins,
        builds=_sorted(builds.values()),
        sdists=(*others, *fresh),
        toolchains=_with(pins.toolchains, roots.toolchain),
    )
    _write(workshop, complete)
    if told:
        report_written(workshop)
    return complete


def _pin_locked(
    workshop: Workshop, roots: BuildRoots, lock: LockedSet, *, known: Pins, resolver: BuildResolver
) -> tuple[PinnedSdist, ...]:
    """Pin the sdists of a lock; those that another platform needs stay."""
    image = roots.base.describe()
    sdists = locked_sdists(workshop, lock, image)
    fresh = pin_sdists(workshop, roots, sdists, known=known, resolve=resolver.of_sdists)
    digests = {file.digest for package in lock.packages for file in package.artifacts}
    digests.update(digest for package in lock.packages for digest in package.hashes)
    kept = keep_pins(known, frozenset(digests), image.interpreter.version.short)
    return (*fresh, *(each for each in kept if each not in fresh))


def _with(known: Iterable[BasePins], one: BasePins | None) -> tuple[BasePins, ...]:
    """Return bases with one that takes the place of its older self."""
    kept = [each for each in known if one is None or _identity(each) != _identity(one)]
    return tuple(sorted([*kept, *([one] if one else [])], key=_identity))


def _sorted(builds: Iterable[BuildPins]) -> tuple[BuildPins, ...]:
    return tuple(sorted(builds, key=lambda build: build.requires))


def _write(workshop: Workshop, pins: Pins) -> None:
    path, text = lock_path(workshop), render_pins(pins)
    if not path.exists() or path.read_text("utf-8") != text:
        replace_text(path, text)


def open_pinned_base(workshop: Workshop, pins: Pins) -> Base:
    """Open the wanted base by its pins; what it is and where it is unpacked is asked once."""
    reference = choose_base(workshop.project, workshop.config)
    return open_with(workshop, reference, pins=pins, packages=workshop.config.packages)


def _identity(base: BasePins) -> tuple[str, str, tuple[str, ...]]:
    return base.reference, str(base.platform), base.extra


def _changes(before: Pins, after: Pins) -> Iterable[str]:
    yield from _base_changes(before.bases, after.bases, "")
    yield from _base_changes(before.toolchains, after.toolchains, "compiler for ")
    for sdist in after.sdists:
        if sdist not in before.sdists:
            yield f"{sdist.name} {sdist.version} has no wheel: pinned what builds one"
    for build in after.builds:
        if build not in before.builds:
            names = ", ".join(build.requires) or "a build without requirements"
            yield f"pinned {names}: {len(build.packages)} packages"


def _base_changes(
    before: Iterable[BasePins], after: Iterable[BasePins], what: str
) -> Iterable[str]:
    known = {_identity(base): base for base in before}
    for base in after:
        old = known.get(_identity(base))
        if old is None:
            yield f"pinned {what}{base.reference} on {base.platform}: {len(base.packages)} packages"
        elif old != base:
            versions = {package.name: package.version for package in old.packages}
            yield from (
                f"{what}{base.reference}: {package.name} {versions.get(package.name, 'new')}"
                f" -> {package.version}"
                for package in base.packages
                if versions.get(package.name) != package.version
            )
