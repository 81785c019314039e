"""Resolve build requirements to the wheels of an environment, for a base."""

from collections.abc import Sequence

from longshore.build.environment import open_environment
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty
from longshore.build.toolchain import BuildRoots
from longshore.locks.pins import BuildPins, PinnedWheel, Pins
from longshore.types import Event, Phase
from longshore.wheels.backend import dynamic_requirements
from longshore.wheels.environment import resolve_environment


class BuildResolver:
    """Returns pins of build requirements; what is known is kept, nothing is resolved twice.

    Args:
        workshop: the project and the tools.
        roots: where the backends run.
        known: pins that are still good.
    """

    def __init__(self, workshop: Workshop, roots: BuildRoots, known: Pins) -> None:
        self._workshop = workshop
        self._roots = roots
        self._base = roots.base
        self._python = self._base.describe().interpreter.version.short
        self._known = {
            build.requires: build for build in known.builds if build.python == self._python
        }

    def of_members(self, requires: tuple[str, ...], first_party: FirstParty) -> BuildPins:
        """Return pins for the members that have these requirements, their backends asked, too.

        Raises:
            LockError: if there is no solution, or the index can't be reached.
            WheelError: if a backend fails.
        """
        if requires in self._known:
            return self._known[requires]
        packages = self._resolve(requires, requires)
        environment, _ = open_environment(self._workshop, self._roots.of_members(), packages)
        dynamic: set[str] = set()
        for member in first_party.wheels:
            if tuple(sorted(set(member.requires))) == requires:
                tree = first_party.trees[member.name]
                dynamic.update(dynamic_requirements(member, tree, environment))
        if dynamic - set(requires):
            packages = self._resolve(tuple(sorted({*requires, *dynamic})), requires)
        return self._keep(requires, packages)

    def of_sdists(self, requires: tuple[str, ...]) -> BuildPins:
        """Return pins for requirements that are complete as they are.

        Raises:
            LockError: if there is no solution, or the index can't be reached.
        """
        if requires in self._known:
            return self._known[requires]
        return self._keep(requires, self._resolve(requires, requires))

    def _keep(self, requires: tuple[str, ...], packages: tuple[PinnedWheel, ...]) -> BuildPins:
        pins = BuildPins(requires=requires, python=self._python, packages=packages)
        self._known[requires] = pins
        return pins

    def _resolve(self, requires: Sequence[str], static: Sequence[str]) -> tuple[PinnedWheel, ...]:
        subject = f"build requirements {', '.join(static)}"
        reporter = self._workshop.reporter
        reporter.report(Event(kind="resolve", subject=subject, phase=Phase.STARTED))
        packages = resolve_environment(
            requires,
            target=self._base.describe().target,
            environment=self._workshop.environment,
            subject=subject,
        )
        detail = f"{len(packages)} packages"
        reporter.report(Event(kind="resolve", subject=subject, phase=Phase.DONE, detail=detail))
        return packages
