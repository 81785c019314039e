"""Wheels that share a place: opened, checked, placed, and free of collisions."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from longshore.layers.checks import check_wheels
from longshore.layers.collisions import find_collisions
from longshore.layers.inputs import WheelInput
from longshore.layers.installed import InstalledWheel, install_wheel
from longshore.layers.location import Location
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Finding, NormalizedName
from longshore.wheels.read import WheelFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Wheels at one place.

    Args:
        wheels: by the digest of the file.
        together: groups of names that must share a layer.
        findings: warnings about records and collisions.
    """

    wheels: Mapping[Digest, InstalledWheel]
    together: tuple[tuple[NormalizedName, ...], ...]
    findings: tuple[Finding, ...]

    def of(self, inputs: Iterable[WheelInput]) -> tuple[InstalledWheel, ...]:
        """Return some of them, sorted by name."""
        found = (self.wheels[item.sha256] for item in inputs)
        return tuple(sorted(found, key=lambda item: item.wheel.name))


def settle_wheels(
    inputs: Sequence[WheelInput],
    location: Location,
    *,
    memos: MemoStore,
    strict: bool,
    stack: ExitStack,
) -> Settled:
    """Place wheels.

    Args:
        inputs: every wheel of that place.
        location: the place.
        memos: keep what checking a wheel came to.
        strict: refuse a wheel whose RECORD disagrees.
        stack: closes the wheels in the end.

    Raises:
        WheelError: if a wheel is refused, or two can't live together.
        ValueError: if two wheels have one name.
    """
    opened = [
        stack.enter_context(WheelFile.open(item.path, sha256=item.sha256, filename=item.filename))
        for item in inputs
    ]
    checked = check_wheels(opened, memos, strict=strict)
    installed = {
        wheel.name: install_wheel(wheel, result, location)
        for wheel, result in zip(opened, checked, strict=True)
    }
    if len(installed) != len(opened):
        names = sorted(wheel.name for wheel in opened)
        msg = f"two wheels of one name among {', '.join(names)}"
        raise ValueError(msg)
    collisions = find_collisions(
        {name: item.contents() for name, item in installed.items()}, location.site
    )
    wheels = (
        item.without(collisions.omitted.get(name, frozenset())) for name, item in installed.items()
    )
    return Settled(
        wheels={item.wheel.sha256: item for item in wheels},
        together=collisions.together,
        findings=(*(f for result in checked for f in result.findings), *collisions.findings),
    )
