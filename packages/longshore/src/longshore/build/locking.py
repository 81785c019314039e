"""Both locks of a project: its own, and ``longshore.lock`` for the rest of its image."""

from longshore.base.debian.pinned import pinned_target
from longshore.build.interface import Workshop
from longshore.build.members import FirstParty, read_first_party
from longshore.build.pinning import write_missing_pins
from longshore.build.pins import Part, find_base_pins, lock_path, missing_pins, wanted_pins
from longshore.build.project_lock import missing_lock, write_missing_lock
from longshore.build.sdists import missing_sdists
from longshore.build.standin.pins import missing_services, write_services
from longshore.locks import LockedSet, find_lock
from longshore.locks.pins import Pins, read_pins
from longshore.wheels.choose import find_sdists


def missing_locks(workshop: Workshop) -> tuple[str, ...]:
    """Say what a build would have to resolve first, one line each; nothing is fetched.

    Raises:
        LockError: if a lock can't be read.
    """
    lock = find_lock(workshop.root, environment=workshop.environment)
    first_party = read_first_party(workshop, lock)
    missing = (*missing_lock(workshop), *missing_pins(workshop, first_party))
    if not missing and lock is not None:
        missing = _missing_sdists(workshop, first_party, lock)
    return (*missing, *missing_services(workshop))


def _missing_sdists(
    workshop: Workshop, first_party: FirstParty, lock: LockedSet
) -> tuple[str, ...]:
    """Say which packages have no wheel and are not pinned, as far as reading tells.

    A lock that has hashes only, and no files, does not tell what they are of: a build asks the
    index.
    """
    pins = read_pins(lock_path(workshop)) or Pins()
    base = find_base_pins(pins, wanted_pins(workshop, first_party))
    target = None if base is None else pinned_target(base)
    if target is None:
        return ()
    sdists = find_sdists(lock.select(target), target)
    return missing_sdists(workshop, pins, sdists, target.python.short)


def write_locks(workshop: Workshop, *, upgrade: frozenset[Part]) -> tuple[str, ...]:
    """Resolve what is missing or to be upgraded, write the files, and say what changed.

    Raises:
        LockError: if something can't be resolved.
        TransportError: if a mirror or an index can't be reached.
    """
    own = write_missing_lock(workshop, upgrade=Part.PROJECT in upgrade)
    lock = find_lock(workshop.root, environment=workshop.environment)
    first_party = read_first_party(workshop, lock)
    pins = write_missing_pins(workshop, first_party, upgrade=upgrade, lock=lock)
    return (*own, *pins, *write_services(workshop, upgrade=Part.BASE in upgrade))
