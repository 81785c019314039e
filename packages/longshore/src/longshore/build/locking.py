"""Both locks of a project: its own, and ``longshore.lock`` for the rest of its image."""

from longshore.build.interface import Workshop
from longshore.build.members import read_first_party
from longshore.build.pinning import write_missing_pins
from longshore.build.pins import Part, missing_pins
from longshore.build.project_lock import missing_lock, write_missing_lock
from longshore.locks import find_lock


def missing_locks(workshop: Workshop) -> tuple[str, ...]:
    """Say what a build would have to resolve first, one line each; nothing is fetched.

    Raises:
        LockError: if a lock can't be read.
    """
    lock = find_lock(workshop.root, environment=workshop.environment)
    first_party = read_first_party(workshop, lock)
    return (*missing_lock(workshop), *missing_pins(workshop, first_party))


def write_locks(workshop: Workshop, *, upgrade: frozenset[Part]) -> tuple[str, ...]:
    """Resolve what is missing or to be upgraded, write the files, and say what changed.

    Raises:
        LockError: if something can't be resolved.
        TransportError: if a mirror or an index can't be reached.
    """
    own = write_missing_lock(workshop, upgrade=Part.PROJECT in upgrade)
    lock = find_lock(workshop.root, environment=workshop.environment)
    first_party = read_first_party(workshop, lock)
    return (*own, *write_missing_pins(workshop, first_party, upgrade=upgrade))
