"""CPU and memory limits from affinity, cgroup v2 and cgroup v1, read from fixture trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.cgroup import Limits, read_limits

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024


def plant(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return str(root)


V2 = {"sys/fs/cgroup/cgroup.controllers": "cpu memory\n", "proc/self/cgroup": "0::/\n"}
V1 = {"proc/self/cgroup": "4:memory:/pod/box\n3:cpu,cpuacct:/pod/box\n"}


def test_without_cgroups_affinity_decides(tmp_path: Path) -> None:
    assert read_limits(str(tmp_path), affinity=8) == Limits(affinity=8)


def test_v2_quota_is_rounded_up(tmp_path: Path) -> None:
    root = plant(tmp_path, {**V2, "sys/fs/cgroup/cpu.max": "150000 100000\n"})
    limits = read_limits(root, affinity=8)
    assert (limits.quota, limits.cpus, limits.source) == (1.5, 2, "cgroup v2")


def test_v2_max_is_no_limit(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n"}
    limits = read_limits(plant(tmp_path, {**V2, **files}), affinity=3)
    assert (limits.cpus, limits.memory, limits.source) == (3, None, "affinity")


def test_v2_the_tightest_ancestor_counts(tmp_path: Path) -> None:
    files = {
        **V2,
        "proc/self/cgroup": "0::/pod/box\n",
        "sys/fs/cgroup/pod/cpu.max": "100000 100000\n",
        "sys/fs/cgroup/pod/box/cpu.max": "400000 100000\n",
        "sys/fs/cgroup/pod/memory.max": str(512 * MIB),
        "sys/fs/cgroup/pod/box/memory.max": str(256 * MIB),
    }
    limits = read_limits(plant(tmp_path, files), affinity=8)
    assert (limits.cpus, limits.memory) == (1, 256 * MIB)


def test_v1_quota_and_memory(tmp_path: Path) -> None:
    files = {
        **V1,
        "sys/fs/cgroup/cpu,cpuacct/pod/box/cpu.cfs_quota_us": "50000\n",
        "sys/fs/cgroup/cpu,cpuacct/pod/box/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/pod/box/memory.limit_in_bytes": str(64 * MIB),
    }
    limits = read_limits(plant(tmp_path, files), affinity=8)
    assert (limits.quota, limits.cpus, limits.memory) == (0.5, 1, 64 * MIB)
    assert limits.source == "cgroup v1"


def test_v1_unlimited_values_are_no_limit(tmp_path: Path) -> None:
    files = {
        **V1,
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    limits = read_limits(plant(tmp_path, files), affinity=4)
    assert (limits.quota, limits.memory) == (None, None)


def test_v1_path_of_the_host_falls_back_to_the_mount(tmp_path: Path) -> None:
    files = {
        **V1,
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert read_limits(plant(tmp_path, files), affinity=8).cpus == 2


@pytest.mark.parametrize("text", ["", "garbage", "100000", "100000 0", "\xff 1"])
def test_unreadable_quota_is_no_limit(tmp_path: Path, text: str) -> None:
    root = plant(tmp_path, {**V2, "sys/fs/cgroup/cpu.max": text})
    assert read_limits(root, affinity=2).cpus == 2


@given(st.integers(0, 512), st.none() | st.floats(0.001, 512))
def test_cpus_are_at_least_one_and_never_more_than_affinity(
    affinity: int, quota: float | None
) -> None:
    cpus = Limits(affinity=affinity, quota=quota).cpus
    assert 1 <= cpus <= max(affinity, 1)
