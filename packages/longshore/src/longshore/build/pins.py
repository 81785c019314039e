"""``longshore.lock``: what is missing in it, and how that is filled in.

A build whose lock is complete resolves nothing. What is pinned stays pinned until the user asks
for an upgrade, even if newer versions exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from longshore.base import Base, lock_base, open_base
from longshore.build.bases import choose_base
from longshore.build.environment import open_environment
from longshore.build.interface import Workshop
from longshore.build.replacing import replace_text
from longshore.errors import LockError
from longshore.locks.pins import (
    FILENAME,
    BasePins,
    BuildPins,
    PinnedWheel,
    Pins,
    read_pins,
    render_pins,
)
from longshore.types import BuildMode, Digest, Event, Member, Phase, Platform
from longshore.wheels.backend import dynamic_requirements
from longshore.wheels.environment import resolve_environment


class Part(StrEnum):
    """A part of the locks that can be resolved again by itself."""

    BASE = "base"
    BUILD = "build"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a project's image needs pinned.

    ``builds`` are the sorted ``[build-system] requires`` of each member that becomes a wheel.
    """

    reference: str
    platform: Platform
    packages: tuple[str, ...]
    builds: tuple[tuple[str, ...], ...]


def lock_path(workshop: Workshop) -> Path:
    """Return where the project's ``longshore.lock`` is, or would be."""
    return workshop.root / FILENAME


def wanted_pins(workshop: Workshop) -> Wanted:
    """Return what the project needs pinned on this machine's platform."""
    builds = {tuple(sorted(set(member.requires))) for member in _wheel_members(workshop)}
    return Wanted(
        reference=choose_base(workshop.project, workshop.config),
        platform=Platform.host(),
        packages=workshop.config.packages,
        builds=tuple(sorted(builds)),
    )


def find_base_pins(pins: Pins, wanted: Wanted) -> BasePins | None:
    """Return the pins of the wanted base, if they are there."""
    return pins.base(wanted.reference, wanted.platform, wanted.packages)


def missing_pins(workshop: Workshop) -> tuple[str, ...]:
    """Say what a build would have to resolve first, one line each; nothing is fetched.

    Raises:
        LockError: if the file can't be read.
    """
    return _missing(read_pins(lock_path(workshop)) or Pins(), wanted_pins(workshop))


def _missing(pins: Pins, wanted: Wanted) -> tuple[str, ...]:
    lines = []
    base = find_base_pins(pins, wanted)
    if base is None:
        extra = f" with {', '.join(wanted.packages)}" if wanted.packages else ""
        lines.append(f"base {wanted.reference}{extra} on {wanted.platform} is not pinned")
    pinned = {build.requires for build in pins.builds}
    lines += [
        f"build requirements {', '.join(requires)} are not pinned"
        for requires in wanted.builds
        if requires not in pinned
    ]
    return tuple(lines)


def require_pins(workshop: Workshop, *, locked: bool) -> Pins:
    """Return complete pins for a build, writing the file first where that is allowed.

    Args:
        workshop: the project and the tools.
        locked: whether a missing pin is an error.

    Raises:
        LockError: if a pin is missing and ``locked``, or can't be resolved.
    """
    missing = missing_pins(workshop)
    if not missing:
        return read_pins(lock_path(workshop)) or Pins()
    if locked:
        exists = lock_path(workshop).exists()
        msg = f"{FILENAME}: {'out of date' if exists else 'there is none'}"
        raise LockError(msg, context=missing, hint="run `longshore lock` and commit the file")
    write_missing_pins(workshop, upgrade=frozenset())
    workshop.reporter.report(
        Event(kind="lock", subject=FILENAME, phase=Phase.NOTE, detail="written; commit it")
    )
    return read_pins(lock_path(workshop)) or Pins()


def write_missing_pins(workshop: Workshop, *, upgrade: frozenset[Part]) -> tuple[str, ...]:
    """Resolve what is missing or to be upgraded, write the file, and say what changed.

    Raises:
        LockError: if something can't be resolved.
        TransportError: if the mirror or the index can't be reached.
    """
    path = lock_path(workshop)
    before = read_pins(path) or Pins()
    wanted = wanted_pins(workshop)
    base = find_base_pins(before, wanted)
    if base is None or Part.BASE in upgrade:
        base = lock_base(
            wanted.reference,
            platform=wanted.platform,
            packages=wanted.packages,
            transport=workshop.transport,
            store=workshop.blobs,
            mirrors=workshop.config.mirrors,
        )
    bases = [each for each in before.bases if _identity(each) != _identity(base)]
    after = replace(before, bases=tuple(sorted([*bases, base], key=_identity)))
    opened = open_pinned_base(workshop, after)
    builds = _lock_builds(workshop, opened, wanted, before, again=Part.BUILD in upgrade)
    after = replace(after, builds=builds)
    text = render_pins(after)
    if not path.exists() or path.read_text("utf-8") != text:
        replace_text(path, text)
    return tuple(_changes(before, after))


def open_pinned_base(workshop: Workshop, pins: Pins) -> Base:
    """Open the wanted base by its pins."""
    wanted = wanted_pins(workshop)
    return open_base(
        wanted.reference,
        pins=pins,
        platform=wanted.platform,
        packages=wanted.packages,
        transport=workshop.transport,
        store=workshop.blobs,
        memos=workshop.memos,
        cache=workshop.directories.cache,
        sandbox=workshop.sandbox,
        mirrors=workshop.config.mirrors,
    )


def _wheel_members(workshop: Workshop) -> list[Member]:
    return [each for each in workshop.project.members if each.build is BuildMode.WHEEL]


def _identity(base: BasePins) -> tuple[str, str, tuple[str, ...]]:
    return base.reference, str(base.platform), base.extra


def _lock_builds(
    workshop: Workshop, base: Base, wanted: Wanted, before: Pins, *, again: bool
) -> tuple[BuildPins, ...]:
    python = base.describe().interpreter.version.short
    locked = []
    for requires in wanted.builds:
        known = None if again else before.build(requires, python)
        locked.append(known or _lock_build(workshop, base, requires))
    return tuple(locked)


def _lock_build(workshop: Workshop, base: Base, requires: tuple[str, ...]) -> BuildPins:
    """Resolve static requirements, ask the backends for theirs, resolve both together."""
    image = base.describe()
    subject = f"build requirements {', '.join(requires)}"
    packages = _resolve(workshop, base, requires, subject)
    environment, _ = open_environment(workshop, base, packages)
    dynamic: set[str] = set()
    for member in _wheel_members(workshop):
        if tuple(sorted(set(member.requires))) == requires:
            dynamic.update(dynamic_requirements(member, workshop.source, environment))
    if dynamic - set(requires):
        packages = _resolve(workshop, base, tuple(sorted({*requires, *dynamic})), subject)
    return BuildPins(requires=requires, python=image.interpreter.version.short, packages=packages)


def _resolve(
    workshop: Workshop, base: Base, requires: Sequence[str], subject: str
) -> tuple[PinnedWheel, ...]:
    reporter = workshop.reporter
    reporter.report(Event(kind="resolve", subject=subject, phase=Phase.STARTED))
    packages = resolve_environment(
        requires,
        target=base.describe().target,
        environment=workshop.environment,
        subject=subject,
    )
    detail = f"{len(packages)} packages"
    reporter.report(Event(kind="resolve", subject=subject, phase=Phase.DONE, detail=detail))
    return packages


def _changes(before: Pins, after: Pins) -> Iterable[str]:
    known = {_identity(base): base for base in before.bases}
    for base in after.bases:
        old = known.get(_identity(base))
        if old is None:
            yield f"pinned {base.reference} on {base.platform}: {len(base.packages)} packages"
        elif old != base:
            versions = {package.name: package.version for package in old.packages}
            yield from (
                f"{base.reference}: {package.name} {versions.get(package.name, 'new')}"
                f" -> {package.version}"
                for package in base.packages
                if versions.get(package.name) != package.version
            )
    for build in after.builds:
        if build not in before.builds:
            yield f"pinned {', '.join(build.requires)}: {len(build.packages)} packages"


def pins_digest(workshop: Workshop) -> Digest:
    """Return a digest of the lock file's bytes, for keys."""
    try:
        return Digest.of(lock_path(workshop).read_bytes())
    except OSError:
        return Digest.of(b"")
