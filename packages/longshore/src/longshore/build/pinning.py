"""Fill in what ``longshore.lock`` lacks: resolve the base's packages and the build backends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from longshore.base import Base
from longshore.base.opening import lock_base, open_base
from longshore.build.bases import OnceBase, choose_base
from longshore.build.environment import open_environment
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty
from longshore.build.pins import Part, find_base_pins, lock_path, wanted_pins
from longshore.build.replacing import replace_text
from longshore.locks.pins import (
    BasePins,
    BuildPins,
    PinnedWheel,
    Pins,
    read_pins,
    render_pins,
)
from longshore.types import Event, Phase, Platform
from longshore.wheels.backend import dynamic_requirements
from longshore.wheels.environment import resolve_environment


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
