"""Pins of stand-ins: for ``up`` and ``lock``, never for a build."""

from dataclasses import replace

import pytest

from longshore.build.locking import missing_locks
from longshore.build.members import read_first_party
from longshore.build.pins import lock_path, missing_pins, require_pins
from longshore.build.standin import pins as standin_pins
from longshore.build.standin.catalogue import STAND_INS, find_stand_in
from longshore.build.standin.pins import _changes, missing_services, write_services
from longshore.errors import LockError
from longshore.locks.pins import FILENAME, BasePins, Pins, read_pins, render_pins
from longshore.testing.sample import PYPROJECT, Sample, base_pins
from longshore.types import Platform, Reference

SERVICES = """
[tool.longshore.services]
cache = "redis:8"
other = "redis"
search = { image = "x", port = 1 }
"""
REDIS = find_stand_in(Reference.parse("redis:8")) or STAND_INS[0]


def _pinned(*, version: str = "13") -> BasePins:
    [base] = base_pins(version=version).bases
    return replace(base, extra=REDIS.packages)


def _lock(sample: Sample) -> Pins:
    found = read_pins(lock_path(sample.workshop()))
    assert found is not None
    return found


@pytest.fixture
def using(sample: Sample) -> Sample:
    """The sample with services."""
    sample.write("pyproject.toml", PYPROJECT + SERVICES)
    return sample


def test_a_missing_stand_in_is_named_once_and_holds_no_build_up(using: Sample) -> None:
    workshop = using.workshop()
    line = f"service redis 8.0 (redis-server of debian:trixie) on {Platform.host()} is not pinned"
    assert missing_services(workshop) == (line,)
    assert line in missing_locks(workshop)
    first_party = read_first_party(workshop, None)
    assert missing_pins(workshop, first_party) == ()
    require_pins(workshop, first_party, locked=True)


def test_up_with_a_lock_that_must_be_complete_says_what_to_run(using: Sample) -> None:
    with pytest.raises(LockError, match=r"redis 8\.0 .* is not pinned") as caught:
        standin_pins.require_pins(using.workshop(), REDIS, locked=True)
    assert caught.value.hint == "run `longshore lock` and commit the file"


def test_what_is_pinned_is_used_and_kept(using: Sample) -> None:
    using.write(FILENAME, render_pins(replace(base_pins(), services=(_pinned(),))))
    workshop = using.workshop()
    assert standin_pins.require_pins(workshop, REDIS, locked=True) == _pinned()
    assert missing_services(workshop) == ()
    assert write_services(workshop, upgrade=False) == ()
    assert _lock(using).services == (_pinned(),)


def test_what_no_service_needs_is_forgotten_but_not_what_another_platform_does(
    using: Sample,
) -> None:
    old = replace(_pinned(), extra=("memcached",))
    [other] = [Platform("linux", each) for each in ("s390x",)]
    elsewhere = replace(_pinned(), platform=other)
    using.write(FILENAME, render_pins(replace(base_pins(), services=(_pinned(), old, elsewhere))))
    assert write_services(using.workshop(), upgrade=False) == ()
    assert set(_lock(using).services) == {_pinned(), elsewhere}
    using.write("pyproject.toml", PYPROJECT)
    write_services(using.workshop(), upgrade=False)
    assert _lock(using) == base_pins()


def test_changes_are_told() -> None:
    what = f"service redis-server of debian:trixie on {Platform.host()}: 1 packages"
    assert list(_changes((), [_pinned()])) == [f"pinned {what}"]
    assert list(_changes([_pinned()], [_pinned(version="14")])) == [f"upgraded {what}"]
    assert list(_changes([_pinned()], [_pinned()])) == []
