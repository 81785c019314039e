"""As a container runs it: read-only root, no writable directory, user 65532, little memory."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from environments import APPS

from longshore_runtime.testing import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_namespaces = pytest.mark.skipif(
    (os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "mount"))))
    and os.environ.get("CI") != "true",
    reason="needs root, unshare and setpriv",
)
pytestmark = [pytest.mark.e2e, needs_namespaces]

READ_ONLY = (
    'if [ -n "$GROUP" ]; then echo $$ > "$GROUP/cgroup.procs"; fi; '
    "mount --make-rprivate / && "
    "awk '{print $2}' /proc/mounts | while read m; do "
    'mount -o remount,bind,ro "$m" 2>/dev/null; done; '
    "mount -t tmpfs -o ro none /dev/shm; "
    "exec setpriv --reuid 65532 --regid 65532 --clear-groups --bounding-set -all,+dac_read_search "
    "--inh-caps -all,+dac_read_search --ambient-caps -all,+dac_read_search "
    '--no-new-privs "$@"'
)
LIMIT_MIB = 64


def sandbox(*words: str) -> tuple[str, ...]:
    return ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *words)


@pytest.fixture
def memory_group() -> Iterator[str]:
    """A cgroup of 64 MiB, v1 or v2; an empty name where none can be made."""
    root = Path("/sys/fs/cgroup")
    v1 = (root / "memory").is_dir()
    place = (root / "memory" if v1 else root) / f"longshore-test-{os.getpid()}"
    try:
        place.mkdir()
        name = "memory.limit_in_bytes" if v1 else "memory.max"
        (place / name).write_text(str(LIMIT_MIB * 1024 * 1024))
    except OSError:
        yield ""
        return
    yield str(place)
    while (place / "cgroup.procs").read_text():
        pass
    place.rmdir()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serves_and_drains_without_a_writable_directory(workers: str, memory_group: str) -> None:
    with Served(
        "plain:app",
        cwd=APPS,
        flags=("--workers", workers),
        env={
            "LONGSHORE_DRAIN_DELAY": "0.3",
            "HOME": "/nonexistent",
            "TMPDIR": "/nonexistent",
            "GROUP": memory_group,
        },
        python=sandbox(sys.executable, "-B"),
    ) as service:
        boot = service.wait_event("boot")
        status = Path(f"/proc/{boot['pid']}/status").read_text()
        assert status.partition("Uid:")[2].split()[0] == "65532"
        assert not writable(boot["pid"])
        if memory_group:
            group = Path(f"/proc/{boot['pid']}/cgroup").read_text()
            assert Path(memory_group).name in group
        for _ in range(200):
            assert service.get("/x").status == 200
        peak = 0
        for pid in boot.get("worker_pids", [boot["pid"]]):
            high = Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2]
            peak = max(peak, int(high.split()[0]) // 1024)
        assert peak < LIMIT_MIB
        stopped = service.stop()
    assert stopped.code == 0, stopped.stderr


def writable(pid: int) -> list[str]:
    """Return what is mounted writable and holds files, as the process sees it."""
    mounts = Path(f"/proc/{pid}/mounts").read_text().splitlines()
    # A later mount hides an earlier one at the same place.
    found = {line.split()[1]: line.split()[2:4] for line in mounts}
    virtual = {"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "devtmpfs"}
    return [
        place
        for place, (kind, options) in found.items()
        if "rw" in options.split(",") and kind not in virtual
    ]
