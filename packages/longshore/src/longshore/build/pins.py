"""``longshore.lock``: what is missing in it, and how that is filled in.

A build whose lock is complete resolves nothing. What is pinned stays pinned until the user asks
for an upgrade, even if newer versions exist.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from longshore.build.bases import choose_base
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty
from longshore.errors import LockError
from longshore.locks.pins import (
    FILENAME,
    BasePins,
    Pins,
    read_pins,
    render_pins,
)
from longshore.types import Digest, Event, Phase, Platform


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


def needs_toolchain(workshop: Workshop, *, compiled: bool) -> bool:
    """Tell whether something is built in the base with a compiler.

    Args:
        workshop: its configuration may ask for it in any case.
        compiled: whether the sources show that they need one.
    """
    return compiled or workshop.config.build_packages is not None


def own_needs_toolchain(workshop: Workshop, builds: Collection[object]) -> bool:
    """Tell whether what the project itself runs in a build runs in the base with a compiler.

    Args:
        workshop: its configuration asks for it, and has the commands that make assets.
        builds: what its members need to become wheels.
    """
    is_needed = bool(builds) or bool(workshop.config.assets)
    return is_needed and needs_toolchain(workshop, compiled=False)


def find_toolchain(workshop: Workshop, pins: Pins) -> BasePins | None:
    """Return the pins of the wanted base with a compiler, if they are there."""
    reference = choose_base(workshop.project, workshop.config)
    return pins.toolchain(reference, Platform.host(), workshop.config.build_packages or ())


def missing_toolchain(workshop: Workshop, pins: Pins) -> tuple[str, ...]:
    """Say that the wanted base with a compiler is not pinned, in a line."""
    if find_toolchain(workshop, pins) is not None:
        return ()
    packages = workshop.config.build_packages
    extra = f" with {', '.join(packages)}" if packages else ""
    reference = choose_base(workshop.project, workshop.config)
    return (f"compiler for {reference}{extra} on {Platform.host()} is not pinned",)


def missing_pins(workshop: Workshop, first_party: FirstParty) -> tuple[str, ...]:
    """Say what a build would have to resolve first, one line each; nothing is fetched.

    Raises:
        LockError: if the file can't be read.
    """
    pins = read_pins(lock_path(workshop)) or Pins()
    wanted = wanted_pins(workshop, first_party)
    lines = _missing(pins, wanted)
    if own_needs_toolchain(workshop, wanted.builds):
        lines += missing_toolchain(workshop, pins)
    return lines


def _missing(pins: Pins, wanted: Wanted) -> tuple[str, ...]:
    lines = []
    base = find_base_pins(pins, wanted)
    if base is None:
        extra = f" with {', '.join(wanted.packages)}" if wanted.packages else ""
        lines.append(f"base {wanted.reference}{extra} on {wanted.platform} is not pinned")
    pinned = {build.requires for build in pins.builds}
    lines += [
        f"build requirements {', '.join(requires) or '(none)'} are not pinned"
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
        raise stale_pins(workshop, missing)
    from longshore.build.pinning import write_missing_pins  # noqa: PLC0415 - most builds don't

    write_missing_pins(workshop, first_party, upgrade=frozenset())
    report_written(workshop)
    return read_pins(lock_path(workshop)) or Pins()


def stale_pins(workshop: Workshop, missing: Sequence[str]) -> LockError:
    """Return the error of a build that may not write the file, and what is missing in it."""
    exists = lock_path(workshop).exists()
    msg = f"{FILENAME}: {'out of date' if exists else 'there is none'}"
    return LockError(msg, context=missing, hint="run `longshore lock` and commit the file")


def report_written(workshop: Workshop) -> None:
    """Tell that a build has written the file."""
    workshop.reporter.report(
        Event(kind="lock", subject=FILENAME, phase=Phase.NOTE, detail="written; commit it")
    )


def pins_bytes(workshop: Workshop) -> bytes:
    """Return the lock file's bytes; none where there is no file that can be read."""
    try:
        return lock_path(workshop).read_bytes()
    except OSError:
        return b""


def pins_digest(workshop: Workshop, pins: Pins) -> Digest:
    """Return a digest of the lock file's bytes without its services, for keys of images."""
    if pins.services:
        return Digest.of(render_pins(replace(pins, services=())).encode())
    return Digest.of(pins_bytes(workshop))
