"""Which wheels share a layer: pure, versioned, and stable when a wheel changes.

A few large layers download in parallel and are worth keeping apart; many small ones cost a round
trip each, and container engines stop at 127. So large wheels get a layer of their own, and small
ones are spread over a fixed number of buckets by a hash of their name: a new version of a wheel
changes one layer, and no other wheel ever moves because of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from longshore.types import NormalizedName

PLAN_VERSION: Final = 1
"""Raised whenever the same wheels are spread otherwise."""

BUDGET: Final = 12
"""Layers of an image on top of its base."""

MAX_BUDGET: Final = 100
LARGE: Final = 10 << 20
"""Bytes from which a wheel is worth a layer of its own."""

OTHER_LAYERS: Final = 5
"""What is not third-party wheels: added packages, skeleton, bytecode, members, application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedWheel:
    """A wheel's name and the size of its file in bytes."""

    name: NormalizedName
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """Wheels by layer, bottom first, each group sorted by name."""

    version: int
    layers: tuple[tuple[NormalizedName, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """Wheels that can't be separated, named after the first."""

    names: tuple[NormalizedName, ...]
    size: int

    @property
    def size_class(self) -> int:
        """The power of two of the size: it hardly changes from version to version."""
        return self.size.bit_length()


def plan_layers(
    wheels: Iterable[SizedWheel],
    *,
    together: Sequence[Sequence[NormalizedName]] = (),
    budget: int = BUDGET,
) -> LayerPlan:
    """Spread third-party wheels over layers.

    Large units come first, by size class and name, so that images with common dependencies share
    a common beginning (engines reuse a layer only on top of the same ones); buckets follow.

    Args:
        wheels: each once, in any order.
        together: groups of names that must share a layer; no name in two groups.
        budget: layers of the whole image on top of its base.

    Raises:
        ValueError: if the budget is out of range, or a wheel appears twice.
    """
    if not OTHER_LAYERS < budget <= MAX_BUDGET:
        msg = f"expected a budget of {OTHER_LAYERS + 1} to {MAX_BUDGET} layers, got {budget}"
        raise ValueError(msg)
    slots = budget - OTHER_LAYERS
    buckets = max(1, slots // 2)
    units = _units(wheels, together)
    large = sorted(
        (unit for unit in units if unit.size >= LARGE),
        key=lambda unit: (-unit.size_class, unit.names),
    )
    alone = large[: slots - buckets]
    shared: list[list[NormalizedName]] = [[] for _ in range(buckets)]
    for unit in units:
        if unit not in alone:
            shared[_bucket(unit.names[0], buckets)].extend(unit.names)
    layers = [unit.names for unit in alone] + [tuple(sorted(names)) for names in shared if names]
    return LayerPlan(version=PLAN_VERSION, layers=tuple(layers))


def _units(
    wheels: Iterable[SizedWheel], together: Sequence[Sequence[NormalizedName]]
) -> list[_Unit]:
    sizes: dict[NormalizedName, int] = {}
    for wheel in wheels:
        if wheel.name in sizes:
            msg = f"{wheel.name} appears twice"
            raise ValueError(msg)
        sizes[wheel.name] = wheel.size
    grouped = {
        name: tuple(sorted(set(group) & sizes.keys())) for group in together for name in group
    }
    names = sorted({grouped.get(name, (name,)) for name in sizes})
    return [_Unit(names=unit, size=sum(sizes[name] for name in unit)) for unit in names]


def _bucket(name: NormalizedName, buckets: int) -> int:
    digest = hashlib.sha256(name.encode("ascii")).digest()
    return int.from_bytes(digest[:8], "big") % buckets
