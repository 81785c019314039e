"""Measure what a process and its children use: memory and CPU time, from ``/proc``."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
MIB: Final = 1024 * 1024
MEMORY_STEP: Final = 32
CPU_STEP: Final = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a tree of processes uses at one moment.

    Attributes:
        memory: bytes; shared pages are divided among those that share them (PSS).
        cpu: seconds since the start.
    """

    memory: int
    cpu: float


def read_usage(pid: int) -> Usage:
    """Return what a process and its descendants use; zeroes when it is gone."""
    memory, cpu = 0, 0.0
    for each in find_tree(pid):
        place = Path("/proc") / str(each)
        try:
            rollup = (place / "smaps_rollup").read_text()
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        memory += int(rollup.partition("Pss:")[2].split()[0]) * 1024
        cpu += (int(fields[11]) + int(fields[12])) / TICKS
    return Usage(memory=memory, cpu=cpu)


def find_tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for each in found:
        try:
            text = Path(f"/proc/{each}/task/{each}/children").read_text()
        except OSError:
            continue
        found.extend(int(child) for child in text.split())
    return found


def propose_resources(*, peak_memory: int, cpu_per_request: float, rate: float) -> dict[str, str]:
    """Return Kubernetes resources from what was measured.

    Memory gets a quarter of head room as request and half as limit, since exceeding it is the end
    of the process. CPU gets the measured rate as request and no limit: a limit throttles bursts.

    Args:
        peak_memory: bytes.
        cpu_per_request: seconds.
        rate: requests per second to plan for.
    """
    return {
        "requests.memory": f"{_round_up(peak_memory * 1.25 / MIB, MEMORY_STEP)}Mi",
        "limits.memory": f"{_round_up(peak_memory * 1.5 / MIB, MEMORY_STEP)}Mi",
        "requests.cpu": f"{_round_up(cpu_per_request * rate * 1000, CPU_STEP)}m",
    }


def _round_up(value: float, step: int) -> int:
    return max(-(-int(value + 1) // step), 1) * step
