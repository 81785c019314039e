"""The pins of stand-ins in ``longshore.lock``: a build needs none, ``up`` those that it uses."""

from collections.abc import Iterable
from dataclasses import replace

from longshore.base.opening import lock_base
from longshore.build.interface import Workshop
from longshore.build.pins import lock_path, report_written
from longshore.build.replacing import replace_text
from longshore.build.standin.catalogue import StandIn, stand_ins_of
from longshore.errors import LockError
from longshore.locks.pins import FILENAME, BasePins, Pins, read_pins, render_pins
from longshore.types import Platform


def find_pins(pins: Pins, stand_in: StandIn) -> BasePins | None:
    """Return the pins of a stand-in on this machine's platform."""
    return pins.service(stand_in.suite, Platform.host(), stand_in.packages)


def missing_services(workshop: Workshop) -> tuple[str, ...]:
    """Say which stand-ins of the configured services are not pinned, one line each.

    Raises:
        LockError: if the file can't be read.
    """
    pins = read_pins(lock_path(workshop)) or Pins()
    return tuple(
        f"service {stand_in} on {Platform.host()} is not pinned"
        for stand_in in stand_ins_of(workshop.config.services)
        if find_pins(pins, stand_in) is None
    )


def write_services(workshop: Workshop, *, upgrade: bool) -> tuple[str, ...]:
    """Pin what the configured services may need, forget the others, and say what changed.

    Raises:
        LockError: if something can't be resolved.
        TransportError: if a mirror can't be reached.
    """
    before = read_pins(lock_path(workshop)) or Pins()
    wanted = tuple(stand_ins_of(workshop.config.services))
    kept = [each for each in before.services if _is_wanted(each, wanted)]
    pinned = [find_pins(before, each) for each in wanted]
    made = [
        pins if pins is not None and not upgrade else _pin(workshop, stand_in)
        for stand_in, pins in zip(wanted, pinned, strict=True)
    ]
    others = [each for each in kept if each not in pinned]  # those of other platforms
    _write(workshop, replace(before, services=(*others, *made)))
    return tuple(_changes(before.services, made))


def require_pins(workshop: Workshop, stand_in: StandIn, *, locked: bool) -> BasePins:
    """Return the pins of a stand-in, written first where that is allowed.

    Raises:
        LockError: if they are missing and ``locked``, or can't be resolved.
    """
    before = read_pins(lock_path(workshop)) or Pins()
    found = find_pins(before, stand_in)
    if found is not None:
        return found
    if locked:
        msg = f"{FILENAME}: service {stand_in} is not pinned"
        raise LockError(msg, hint="run `longshore lock` and commit the file")
    write_services(workshop, upgrade=False)  # all at once, as `lock` does
    report_written(workshop)
    found = find_pins(read_pins(lock_path(workshop)) or Pins(), stand_in)
    return found or _pin(workshop, stand_in)  # none where somebody has just changed the file


def _pin(workshop: Workshop, stand_in: StandIn) -> BasePins:
    return lock_base(
        stand_in.suite,
        platform=Platform.host(),
        packages=stand_in.packages,
        without=stand_in.without,
        transport=workshop.transport,
        store=workshop.blobs,
        mirrors=workshop.config.mirrors,
    )


def _write(workshop: Workshop, pins: Pins) -> None:
    path = lock_path(workshop)
    text = render_pins(pins)
    if (path.read_text("utf-8") if path.exists() else render_pins(Pins())) != text:
        replace_text(path, text)


def _is_wanted(pins: BasePins, wanted: Iterable[StandIn]) -> bool:
    return any((pins.reference, pins.extra) == (each.suite, each.packages) for each in wanted)


def _changes(before: Iterable[BasePins], made: Iterable[BasePins]) -> Iterable[str]:
    known = {(each.reference, each.platform, each.extra): each for each in before}
    for pins in made:
        old = known.get((pins.reference, pins.platform, pins.extra))
        if old == pins:
            continue
        what = f"service {', '.join(pins.extra)} of {pins.reference} on {pins.platform}"
        yield f"{'pinned' if old is None else 'upgraded'} {what}: {len(pins.packages)} packages"
