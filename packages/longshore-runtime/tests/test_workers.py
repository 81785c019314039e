"""How many workers and threads, and why."""

from __future__ import annotations

import pytest

from longshore_runtime.cgroup import Limits
from longshore_runtime.errors import ConfigError
from longshore_runtime.workers import (
    MOST_THREADS,
    NUMERIC,
    cap_numeric_threads,
    decide_threads,
    decide_workers,
)

EIGHT = Limits(affinity=8)
GIB = 1024**3


def test_web_concurrency_wins_over_kubernetes_and_limits() -> None:
    environ = {"WEB_CONCURRENCY": "3", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    decision = decide_workers(None, environ, EIGHT, is_local=False)
    assert (decision.count, decision.reason) == (3, "WEB_CONCURRENCY")


def test_flag_wins_over_web_concurrency() -> None:
    decision = decide_workers(2, {"WEB_CONCURRENCY": "3"}, EIGHT, is_local=False)
    assert (decision.count, decision.reason) == (2, "--workers")


def test_one_on_kubernetes() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert decide_workers(None, environ, EIGHT, is_local=False).count == 1


def test_one_on_loopback() -> None:
    assert decide_workers(None, {}, EIGHT, is_local=True).count == 1


def test_one_for_each_cpu_elsewhere() -> None:
    decision = decide_workers(None, {}, EIGHT, is_local=False)
    assert (decision.count, decision.reason) == (8, "affinity of 8 CPUs")


def test_quota_limits_and_is_named() -> None:
    limits = Limits(affinity=80, quota=1.5, source="cgroup v2")
    decision = decide_workers(None, {}, limits, is_local=False)
    assert (decision.count, decision.reason) == (2, "cgroup v2 quota of 1.5 CPUs")


def test_memory_limits_and_is_named() -> None:
    limits = Limits(affinity=8, memory=GIB // 2)
    decision = decide_workers(None, {}, limits, is_local=False)
    assert (decision.count, decision.reason) == (3, "memory limit of 512 MiB")


def test_tiny_memory_still_gets_one() -> None:
    limits = Limits(affinity=8, memory=1)
    assert decide_workers(None, {}, limits, is_local=False).count == 1


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_web_concurrency_that_is_no_count_is_an_error_without_its_value(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decide_workers(None, {"WEB_CONCURRENCY": text}, EIGHT, is_local=False)
    assert "WEB_CONCURRENCY" in caught.value.message
    assert text not in caught.value.message.removesuffix("from 1 on")


@pytest.mark.parametrize(("cpus", "threads"), [(1, 8), (2, 16), (80, MOST_THREADS)])
def test_threads_grow_with_the_cpus_up_to_what_anyio_has(cpus: int, threads: int) -> None:
    assert decide_threads({}, Limits(affinity=cpus)).count == threads


def test_numeric_libraries_get_the_cpus_unless_told_otherwise() -> None:
    environ = {"OMP_NUM_THREADS": "7"}
    cap_numeric_threads(environ, 2)
    assert environ["OMP_NUM_THREADS"] == "7"
    assert {environ[name] for name in NUMERIC if name != "OMP_NUM_THREADS"} == {"2"}
