"""``longshore.lock``: what is missing in it, and how that is filled in.

A build whose lock is complete resolves nothing. What is pinned stays pinned until the user asks
for an upgrade, even if newer versions exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from longshore.base import Base, lock_base, open_base
from longshore.build.bases import OnceBase, choose_base
from longshore.build.environment import open_environment
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty
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
from longshore.types import Digest, Event, Phase, Platform
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


def wanted_pins(workshop: Workshop, first_party: FirstParty) -> Wanted:
    """Return what the project needs pinned on this machine's platform."""
    builds = {tuple(sorted(set(member.requires))) for member in first_party.wheels}
    return Wanted(
        reference=choose_base(workshop.project, workshop.config),
        platform=Platform.host(),
        packages=workshop.config.packages,
        builds=tuple(sorted(builds)),
    )


def find_base_pins(pins: Pins, wanted: Wanted) -> BasePins | None:
    """Return the pins of the wanted base, if they are there."""
    return pins.base(wanted.reference, wanted.platform, wanted.packages)


def missing_pins(workshop: Workshop, first_party: FirstParty) -> tuple[str, ...]:
    """Say what a build would have to resolve first, one line each; nothing is fetched.

    Raises:
        LockError: if the file can't be read.
    """
    pins = read_pins(lock_path(workshop)) or Pins()
    return _missing(pins, wanted_pins(workshop, first_party))


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


def require_pins(workshop: Workshop, first_party: FirstParty, *, locked: bool) -> Pins:
    """Return complete pins for a build, writing the file first where that is allowed.

    Args:
        workshop: the project and the tools.
        first_party: what is built.
        locked: whether a missing pin is an error.

    Raises:
        LockError: if a pin is missing and ``locked``, or can't be resolved.
    """
    missing = missing_pins(workshop, first_party)
    if not missing:
        return read_pins(lock_path(workshop)) or Pins()
    if locked:
        exists = lock_path(workshop).exists()
        msg = f"{FILENAME}: {'out of date' if exists else 'there is none'}"
        raise LockError(msg, context=missing, hint="run `longshore lock` and commit the file")
    write_missing_pins(workshop, first_party, upgrade=frozenset())
    workshop.reporter.report(
        Event(kind="lock", subject=FILENAME, phase=Phase.NOTE, detail="written; commit it")
    )
    return read_pins(lock_path(workshop)) or Pins()


def write_missing_pins(
    workshop: Workshop, first_party: FirstParty, *, upgrade: frozenset[Part]
) -> tuple[str, ...]:
    """Resolve what is missing or to be upgraded, write the file, and say what changed.

    Raises:
        LockError: if something can't be resolved.
        TransportError: if the mirror or the index can't be reached.
    """
    path = lock_path(workshop)
    before = read_pins(path) or Pins()
    wanted = wanted_pins(workshop, first_party)
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
    resolver = _BuildResolver(workshop, first_party, open_pinned_base(workshop, after))
    known = Pins() if Part.BUILD in upgrade else before
    after = replace(after, builds=resolver.resolve_all(wanted.builds, known))
    text = render_pins(after)
    if not path.exists() or path.read_text("utf-8") != text:
        replace_text(path, text)
    return tuple(_changes(before, after))


def open_pinned_base(workshop: Workshop, pins: Pins) -> Base:
    """Open the wanted base by its pins; what it is and where it is unpacked is asked once."""
    base = open_base(
        choose_base(workshop.project, workshop.config),
        pins=pins,
        platform=Platform.host(),
        packages=workshop.config.packages,
        transport=workshop.transport,
        store=workshop.blobs,
        memos=workshop.memos,
        cache=workshop.directories.cache,
        sandbox=workshop.sandbox,
        mirrors=workshop.config.mirrors,
    )
    return OnceBase(base)


def _identity(base: BasePins) -> tuple[str, str, tuple[str, ...]]:
    return base.reference, str(base.platform), base.extra


@dataclass(frozen=True, slots=True)
class _BuildResolver:
    """Resolves build requirements for a base."""

    workshop: Workshop
    first_party: FirstParty
    base: Base

    def resolve_all(self, builds: Iterable[tuple[str, ...]], known: Pins) -> tuple[BuildPins, ...]:
        """Return pins for all of them; what is known is kept."""
        python = self.base.describe().interpreter.version.short
        return tuple(known.build(requires, python) or self._pins(requires) for requires in builds)

    def _pins(self, requires: tuple[str, ...]) -> BuildPins:
        """Resolve static requirements, ask the backends for theirs, resolve both together."""
        subject = f"build requirements {', '.join(requires)}"
        packages = self._resolve(requires, subject)
        environment, _ = open_environment(self.workshop, self.base, packages)
        dynamic: set[str] = set()
        for member in self.first_party.wheels:
            if tuple(sorted(set(member.requires))) == requires:
                tree = self.first_party.trees[member.name]
                dynamic.update(dynamic_requirements(member, tree, environment))
        if dynamic - set(requires):
            packages = self._resolve(tuple(sorted({*requires, *dynamic})), subject)
        python = self.base.describe().interpreter.version.short
        return BuildPins(requires=requires, python=python, packages=packages)

    def _resolve(self, requires: Sequence[str], subject: str) -> tuple[PinnedWheel, ...]:
        reporter = self.workshop.reporter
        reporter.report(Event(kind="resolve", subject=subject, phase=Phase.STARTED))
        packages = resolve_environment(
            requires,
            target=self.base.describe().target,
            environment=self.workshop.environment,
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
