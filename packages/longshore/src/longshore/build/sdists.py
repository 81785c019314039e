"""Packages that the project's lock has as source distributions only: pinned, and built.

What an sdist needs is found out once, when it is locked: its own word is read, and its backend is
asked in the sandbox. ``longshore.lock`` keeps the answer with the hash of the file that gave it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from longshore.build.environment import find_environment, open_environment
from longshore.build.interface import Workshop
from longshore.build.pins import missing_toolchain, needs_toolchain
from longshore.build.toolchain import BuildRoots
from longshore.errors import LockError
from longshore.locks.pins import BuildPins, PinnedSdist, Pins
from longshore.types import Digest, Event, Phase
from longshore.wheels.built import BuiltWheel
from longshore.wheels.choose import ChosenWheel
from longshore.wheels.fetch import FetchedWheel, fetch_wheels
from longshore.wheels.sdist import build_sdist, read_sdist, sdist_requirements

Resolve = Callable[[tuple[str, ...]], BuildPins]
"""Returns the pins of build requirements, known or fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSdist:
    """A source distribution, and the wheel that was built from it here."""

    source: FetchedWheel
    wheel: BuiltWheel


def find_pins(pins: Pins, sdist: ChosenWheel | FetchedWheel, python: str) -> PinnedSdist | None:
    """Return what is pinned for a source distribution, if it is."""
    package = sdist.package
    return pins.sdist(package.name, package.version, sdist.artifact.digest, python)


def missing_sdists(
    workshop: Workshop, pins: Pins, sdists: Sequence[ChosenWheel], python: str
) -> tuple[str, ...]:
    """Say which sdists lack something to be built from, one line each; nothing is fetched.

    Args:
        workshop: the project and the tools.
        pins: the content of ``longshore.lock``.
        sdists: what is to be built.
        python: of the base: ``3.13``.
    """
    lines: list[str] = []
    needed = False
    for sdist in sdists:
        known = find_pins(pins, sdist, python)
        if known is None or pins.build(known.requires, python) is None:
            lines.append(f"{sdist.package} has no wheel, and what builds one is not pinned")
        else:
            needed = needed or needs_toolchain(workshop, compiled=known.compiled)
    if needed:
        lines += missing_toolchain(workshop, pins)
    return tuple(lines)


def pin_sdists(
    workshop: Workshop,
    roots: BuildRoots,
    sdists: Sequence[ChosenWheel],
    *,
    known: Pins,
    resolve: Resolve,
) -> tuple[PinnedSdist, ...]:
    """Find out what sdists need to be built; what is known is kept.

    Raises:
        WheelError: if one is not acceptable, or its backend fails.
        LockError: if its requirements can't be resolved.
        TransportError: if one can't be fetched.
    """
    python = roots.base.describe().interpreter.version.short
    pinned = [find_pins(known, sdist, python) for sdist in sdists]
    fresh = [sdist for sdist, pins in zip(sdists, pinned, strict=True) if pins is None]
    found = [pins for pins in pinned if pins is not None]
    fetched = fetch_wheels(fresh, transport=workshop.transport, store=workshop.blobs)
    found += [_pin(workshop, roots, sdist, resolve) for sdist in fetched]
    if any(needs_toolchain(workshop, compiled=each.compiled) for each in found):
        roots.pin()
    return tuple(found)


def _pin(
    workshop: Workshop, roots: BuildRoots, sdist: FetchedWheel, resolve: Resolve
) -> PinnedSdist:
    needs = read_sdist(sdist)
    static = tuple(sorted(set(needs.requires)))
    base = roots.of_sdist(compiled=needs.compiled)
    environment, _ = open_environment(workshop, base, resolve(static).packages)
    dynamic = sdist_requirements(sdist, environment)
    return PinnedSdist(
        name=sdist.package.name,
        version=sdist.package.version or "",
        digest=sdist.artifact.digest,
        python=roots.base.describe().interpreter.version.short,
        requires=tuple(sorted({*static, *dynamic})),
        compiled=needs.compiled,
    )


def keep_pins(pins: Pins, digests: frozenset[Digest], python: str) -> Iterator[PinnedSdist]:
    """Yield the pinned sdists that a lock still has, whichever platform needs them."""
    for sdist in pins.sdists:
        if sdist.digest in digests and sdist.python == python:
            yield sdist


def build_sdists(
    workshop: Workshop, roots: BuildRoots, pins: Pins, sdists: Sequence[ChosenWheel]
) -> tuple[tuple[BuiltSdist, ...], tuple[FetchedWheel, ...]]:
    """Return the wheels of sdists, and the wheels that their backends needed.

    Raises:
        LockError: if what builds one is not pinned.
        WheelError: if one is not the locked file, or its backend fails.
        TransportError: if something can't be fetched.
    """
    if not sdists:
        return (), ()
    built: list[BuiltSdist] = []
    tools: dict[str, FetchedWheel] = {}
    image = roots.base.describe()
    python = image.interpreter.version.short
    for source in fetch_wheels(sdists, transport=workshop.transport, store=workshop.blobs):
        pinned = find_pins(pins, source, python)
        requires = None if pinned is None else pins.build(pinned.requires, python)
        if pinned is None or requires is None:
            msg = f"longshore.lock: what builds {source.package} is not pinned for Python {python}"
            raise LockError(msg, hint="run `longshore lock`")
        base = roots.of_sdist(compiled=pinned.compiled)
        environment = find_environment(workshop, base, requires.packages)
        tools.update({each.package.name: each for each in environment.wheels})
        build = partial(
            build_sdist,
            source,
            image.target,
            key=environment.key,
            environment=environment.open,
            blobs=workshop.blobs,
            memos=workshop.memos,
        )
        wheel = report_build(workshop, str(source.package), build)
        built.append(BuiltSdist(source=source, wheel=wheel))
    return tuple(built), tuple(tools[name] for name in sorted(tools))


def report_build(workshop: Workshop, subject: str, build: Callable[[], BuiltWheel]) -> BuiltWheel:
    """Build a wheel, and tell of its start and its end."""
    reporter = workshop.reporter
    reporter.report(Event(kind="wheel.build", subject=subject, phase=Phase.STARTED))
    built = build()
    phase = Phase.CACHED if built.cached else Phase.DONE
    reporter.report(Event(kind="wheel.build", subject=subject, phase=phase))
    return built
