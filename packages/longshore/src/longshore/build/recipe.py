"""From a project and its locks to an image in the local store.

The steps, in order: pins, base, locked wheels, first-party wheels, layers, image, record. A build
whose inputs are those of an image that the store still has stops after reading them.
"""

import json

from longshore import __version__
from longshore.build.added import runtime_digest
from longshore.build.found import find_image
from longshore.build.image import (
    IMAGE_FORMAT,
    default_process,
)
from longshore.build.interface import BuildResult, Workshop
from longshore.build.members import FirstParty, lock_digest, read_first_party
from longshore.build.pins import pins_digest, require_pins
from longshore.build.project_lock import require_lock
from longshore.build.servers import report_servers
from longshore.layers.key import LAYER_FORMAT
from longshore.layers.plan import PLAN_VERSION
from longshore.locks import LockedSet
from longshore.locks.pins import Pins
from longshore.types import (
    Digest,
    Platform,
    Process,
)

_FALSE = frozenset({"", "0", "false", "no", "off"})


def build_image(workshop: Workshop, *, locked: bool = False) -> BuildResult:
    """Build the project's image, or find that the store has it.

    Args:
        workshop: the project and the tools.
        locked: refuse to write a lock; with ``CI=true`` that is always so.

    Raises:
        LongshoreError: of the family that says what stopped it.
    """
    require_process(workshop)
    locked = locked or workshop.environment.get("CI", "").lower() not in _FALSE
    lock = require_lock(workshop, locked=locked)
    first_party = read_first_party(workshop, lock)
    pins = require_pins(workshop, first_party, locked=locked)
    key = _inputs_digest(workshop, lock, first_party, pins)
    found = find_image(workshop, key)
    if found is not None:
        return found
    result = _make(workshop, lock, first_party, pins, key=key, locked=locked)
    report_servers(workshop, result.project, result.record)
    return result


def _make(
    workshop: Workshop,
    lock: LockedSet,
    first_party: FirstParty,
    pins: Pins,
    *,
    key: Digest,
    locked: bool,
) -> BuildResult:
    """Make the image; ``longshore.lock`` may have to be completed first."""
    from longshore.build.making import ImageBuild  # noqa: PLC0415 - half of all imports
    from longshore.build.materials import choose_locked  # noqa: PLC0415 - as above
    from longshore.build.pinning import (  # noqa: PLC0415 - as above
        open_pinned_base,
        require_sdist_pins,
    )

    base = open_pinned_base(workshop, pins)
    image = base.describe()
    chosen = choose_locked(workshop, lock, image)
    sdists = chosen.files.sdists
    complete = require_sdist_pins(workshop, base, sdists, pins=pins, locked=locked)
    if complete != pins:
        key = _inputs_digest(workshop, lock, first_party, complete)
    return ImageBuild(
        workshop=workshop,
        chosen=chosen,
        first_party=first_party,
        pins=complete,
        base=base,
        image=image,
        key=key,
    ).run()


def require_process(workshop: Workshop) -> Process:
    """Return the process that the image starts without arguments.

    Raises:
        ProjectError: if there is none, or it can't be decided which: with what was looked for,
            and the table to write.
    """
    if not workshop.project.processes and workshop.detection is not None:
        error = workshop.detection.error()
        if error is not None:
            raise error
    return default_process(workshop.project)


def _inputs_digest(
    workshop: Workshop, lock: LockedSet, first_party: FirstParty, pins: Pins
) -> Digest:
    """Return a digest of everything that decides the image's bytes, cheap to compute."""
    parts = {
        "tool": __version__,
        "format": [IMAGE_FORMAT, LAYER_FORMAT, PLAN_VERSION],
        "project": repr(workshop.project).replace(str(workshop.root), "."),
        "config": repr(workshop.config),
        "source": str(first_party.digest(workshop.root)),
        "lock": str(lock_digest(workshop, lock)),
        "pins": str(pins_digest(workshop, pins)),
        "runtime": str(runtime_digest()),
        "platform": str(Platform.host()),
        "created": workshop.environment.get("SOURCE_DATE_EPOCH", ""),
    }
    return Digest.of(json.dumps(parts, sort_keys=True).encode())
