"""How many CPUs and how much memory this process may use: affinity, cgroup v2, cgroup v1.

``os.cpu_count()`` shows the machine, not the container: 80 CPUs under a quota of one.
https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max, memory.max);
https://docs.kernel.org/scheduler/sched-bwc.html (cpu.cfs_quota_us, cpu.cfs_period_us).
"""

# ruff: noqa: PTH110, PTH112, PTH118, PTH123 -- this runs at every start, and pathlib's import costs 4 ms

from __future__ import annotations

import dataclasses
import math
import os
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Number = TypeVar("Number", int, float)

NO_LIMIT: Final = 1 << 60
"""Bytes; cgroup v1 writes "no limit" as a number near 2^63."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the process may use.

    Attributes:
        affinity: CPUs that the scheduler may place us on.
        quota: CPUs' worth of time for each second, such as 0.5; None is unlimited.
        memory: bytes; None is unlimited.
        source: where the quota came from: ``cgroup v2``, ``cgroup v1`` or ``affinity``.
    """

    affinity: int
    quota: float | None = None
    memory: int | None = None
    source: str = "affinity"

    @property
    def cpus(self) -> int:
        """CPUs that can be busy at the same time, at least 1."""
        if self.quota is None:
            return max(self.affinity, 1)
        return max(min(self.affinity, math.ceil(self.quota)), 1)


def read_limits(root: str = "/", affinity: int | None = None) -> Limits:
    """Read the limits of this process.

    Args:
        root: where ``proc`` and ``sys`` are.
        affinity: the number of usable CPUs; the scheduler's own answer by default.
    """
    own = affinity if affinity is not None else count_affinity()
    groups = _read_groups(root)
    hierarchy = os.path.join(root, "sys/fs/cgroup")
    quota, memory, source = None, None, "affinity"
    if os.path.exists(os.path.join(hierarchy, "cgroup.controllers")):
        places = list(_walk_up(hierarchy, groups.get("", "/")))
        quota = _least(_quota_v2, places)
        memory = _least(_memory_v2, places)
        source = "cgroup v2" if quota is not None else source
    else:
        quota = _least(_quota_v1, _places_v1(hierarchy, groups, "cpu"))
        memory = _least(_memory_v1, _places_v1(hierarchy, groups, "memory"))
        source = "cgroup v1" if quota is not None else source
    return Limits(affinity=own, quota=quota, memory=memory, source=source)


def count_affinity() -> int:
    """Return the number of CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_groups(root: str) -> dict[str, str]:
    """Return the path in each hierarchy, by controller; v2's controller is the empty string."""
    groups: dict[str, str] = {}
    for line in _read(root, "proc/self/cgroup").splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:  # noqa: PLR2004 -- hierarchy-ID:controller-list:cgroup-path
            for controller in parts[1].split(","):
                groups[controller] = parts[2]
    return groups


def _places_v1(hierarchy: str, groups: dict[str, str], controller: str) -> list[str]:
    names = [controller, "cpu,cpuacct", "cpuacct,cpu"] if controller == "cpu" else [controller]
    for name in names:
        mount = os.path.join(hierarchy, name)
        if os.path.isdir(mount):
            return list(_walk_up(mount, groups.get(controller, "/")))
    return []


def _walk_up(mount: str, group: str) -> Iterator[str]:
    """Yield a group and its ancestors: every level's limit holds.

    Without a cgroup namespace the path is the host's and is not visible here: then the mount's
    own root is our group.
    """
    parts = [part for part in group.split("/") if part not in {"", ".", ".."}]
    for length in range(len(parts), -1, -1):
        place = os.path.join(mount, *parts[:length])
        if os.path.isdir(place):
            yield place


def _least(read: Callable[[str], Number | None], places: list[str]) -> Number | None:
    return min((value for place in places if (value := read(place)) is not None), default=None)


def _quota_v2(place: str) -> float | None:
    words = _read(place, "cpu.max").split()
    return _ratio(words[0], words[1]) if len(words) == 2 else None  # noqa: PLR2004 -- quota, period


def _quota_v1(place: str) -> float | None:
    return _ratio(_read(place, "cpu.cfs_quota_us"), _read(place, "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    quota, period = quota.strip(), period.strip()
    if not (quota.isdecimal() and period.isdecimal()) or int(period) == 0:
        return None
    return int(quota) / int(period) or None


def _memory_v2(place: str) -> int | None:
    return _bytes(place, "memory.max")


def _memory_v1(place: str) -> int | None:
    return _bytes(place, "memory.limit_in_bytes")


def _bytes(place: str, name: str) -> int | None:
    text = _read(place, name).strip()
    return int(text) if text.isdecimal() and int(text) < NO_LIMIT else None


def _read(place: str, name: str) -> str:
    try:
        with open(os.path.join(place, name), encoding="ascii") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
