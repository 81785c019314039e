"""What is missing in ``longshore.lock``, and what a new one changed."""

from dataclasses import replace

from longshore.build.members import read_first_party
from longshore.build.pinning import _changes
from longshore.build.pins import lock_path, missing_pins, pins_digest
from longshore.locks.pins import FILENAME, BuildPins, PinnedWheel, Pins, read_pins, render_pins
from longshore.testing.sample import PYPROJECT, Sample, base_pins
from longshore.types import Digest, parse_name

BACKEND = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def _missing(sample: Sample) -> tuple[str, ...]:
    workshop = sample.workshop()
    return missing_pins(workshop, read_first_party(workshop, None))


def test_a_complete_lock_lacks_nothing(sample: Sample) -> None:
    assert _missing(sample) == ()


def test_a_missing_base_and_a_missing_backend_are_both_named(sample: Sample) -> None:
    sample.write(
        "pyproject.toml", BACKEND + PYPROJECT.replace("bytecode", 'packages = ["libpq5"]\nbytecode')
    )
    first, second = _missing(sample)
    assert first.startswith("base debian:trixie with libpq5 on linux/")
    assert second == "build requirements hatchling are not pinned"


def test_a_pinned_backend_is_found(sample: Sample) -> None:
    sample.write("pyproject.toml", BACKEND + PYPROJECT)
    wheel = PinnedWheel(name=parse_name("hatchling"), version="1", sha256s=(Digest.of(b""),))
    build = BuildPins(requires=("hatchling",), python="3.13", packages=(wheel,))
    sample.write(FILENAME, render_pins(Pins(bases=base_pins().bases, builds=(build,))))
    assert _missing(sample) == ()


def test_changes_name_every_package_that_moved() -> None:
    assert list(_changes(base_pins(), base_pins(version="14"))) == [
        "debian:trixie: base-files 13 -> 14",
    ]
    (first,) = _changes(Pins(), base_pins())
    assert first.startswith("pinned debian:trixie on linux/")
    assert list(_changes(base_pins(), base_pins())) == []


def test_services_are_no_part_of_the_digest_of_what_decides_an_image(sample: Sample) -> None:
    workshop = sample.workshop()
    pins = read_pins(lock_path(workshop)) or Pins()
    digest = pins_digest(workshop, pins)
    sample.write(FILENAME, render_pins(pins))
    assert pins_digest(workshop, pins) == digest
    more = replace(pins, services=base_pins(version="9").bases)
    sample.write(FILENAME, render_pins(more))
    assert pins_digest(workshop, more) == digest
    other = replace(more, bases=base_pins(version="14").bases)
    assert pins_digest(workshop, other) != digest
