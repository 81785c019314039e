"""Decide how many workers and threads to run, and say why."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any, Final

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from longshore_runtime.cgroup import Limits

WORKER_MEMORY: Final = 128 * 1024 * 1024
"""Bytes that one worker of a typical service needs; FastAPI with a database driver."""

USABLE: Final = 0.8
"""The part of the memory limit that workers may plan with."""

THREADS_PER_CPU: Final = 8
"""Threads wait for databases most of the time; one per CPU would queue what could overlap."""

MOST_THREADS: Final = 40
"""What anyio starts at most, whatever the machine."""

NUMERIC: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""Libraries for numbers start one thread for each CPU of the machine unless told otherwise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A number and the sentence that explains it in the boot line."""

    count: int
    reason: str


def decide_workers(
    flag: int | None, environ: Mapping[str, str], limits: Limits, *, is_local: bool
) -> Decision:
    """Return the number of worker processes.

    Args:
        flag: ``--workers``.
        environ: ``WEB_CONCURRENCY`` wins over everything but the flag.
        limits: what the container allows.
        is_local: the service listens on loopback only.

    Raises:
        ConfigError: ``WEB_CONCURRENCY`` is not a number from 1 on.
    """
    if flag is not None:
        return Decision(count=flag, reason="--workers")
    wanted = environ.get("WEB_CONCURRENCY", "").strip()
    if wanted:
        return Decision(count=read_count("WEB_CONCURRENCY", wanted), reason="WEB_CONCURRENCY")
    if "KUBERNETES_SERVICE_HOST" in environ or "K_SERVICE" in environ:
        return Decision(count=1, reason="one process per container: the orchestrator scales")
    if is_local:
        return Decision(count=1, reason="listens on loopback only: development")
    return automatic_workers(limits)


def automatic_workers(limits: Limits) -> Decision:
    """Return as many workers as the CPUs keep busy and the memory holds."""
    if limits.memory is not None:
        fitting = max(int(limits.memory * USABLE) // WORKER_MEMORY, 1)
        if fitting < limits.cpus:
            mebibytes = limits.memory // (1024 * 1024)
            return Decision(count=fitting, reason=f"memory limit of {mebibytes} MiB")
    if limits.quota is not None and limits.cpus < limits.affinity:
        return Decision(count=limits.cpus, reason=f"{limits.source} quota of {limits.quota:g} CPUs")
    return Decision(count=limits.cpus, reason=f"affinity of {limits.affinity} CPUs")


def decide_threads(environ: Mapping[str, str], limits: Limits) -> Decision:
    """Return the size of the pools that run blocking code.

    Raises:
        ConfigError: ``LONGSHORE_THREADS`` is not a number from 1 on.
    """
    wanted = environ.get("LONGSHORE_THREADS", "").strip()
    if wanted:
        return Decision(count=read_count("LONGSHORE_THREADS", wanted), reason="LONGSHORE_THREADS")
    count = min(limits.cpus * THREADS_PER_CPU, MOST_THREADS)
    return Decision(count=count, reason=f"{THREADS_PER_CPU} for each of {limits.cpus} CPUs")


def read_count(name: str, text: str) -> int:
    """Parse a number from 1 on.

    Raises:
        ConfigError: it is something else.
    """
    if text.isdecimal() and int(text) > 0:
        return int(text)
    msg = f"{name}: expected a number from 1 on"
    raise ConfigError(msg, hint="unset it for the default")


def cap_numeric_threads(environ: MutableMapping[str, str], cpus: int) -> None:
    """Tell numeric libraries the CPUs that we have; what is set already stays.

    Must run before the application is imported: they read it once.
    """
    for name in NUMERIC:
        environ.setdefault(name, str(cpus))


def cap_thread_pools(loop: Any, threads: int) -> None:
    """Limit the loop's own executor, and anyio's when the application uses it.

    Args:
        loop: the running event loop.
        threads: the most threads of each pool.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- after the import is paid

    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="longshore"))
    anyio = sys.modules.get("anyio.to_thread")
    if anyio is not None:
        anyio.current_default_thread_limiter().total_tokens = threads
