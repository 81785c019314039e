"""Workers that die: replaced with growing pauses, or the end of the service."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from typing import Any

import pytest

from longshore_runtime.events import LINE_LIMIT, EventLog
from longshore_runtime.lifecycle import Phase
from longshore_runtime.shared_state import SharedState, SlotView
from longshore_runtime.worker_pool import MOST_FAILURES, WorkerPool, describe_end


@pytest.fixture
def make_pool(write_end: int) -> Any:
    """Make a pool whose workers do what a function says; the log goes into the pipe."""

    def make(start: Any, count: int = 1) -> WorkerPool:
        return WorkerPool(
            count,
            state=SharedState.create(count),
            start=start,
            events=EventLog(write_end),
            liveness_limit=30.0,
        )

    return make


def reap_one(pool: WorkerPool) -> int | None:
    while pool.running:
        verdict = pool.reap()
        if verdict is not None:
            return verdict
    return None


def report_ready(pool: WorkerPool, index: int = 0) -> None:
    seat = pool.seats[index]
    pool.state.write_slot(
        index, SlotView(phase=Phase.READY, pid=seat.pid, beat_at=time.monotonic())
    )


def test_failure_before_anyone_was_ready_is_final(make_pool: Any) -> None:
    pool = make_pool(lambda _: os._exit(70))
    pool.fill()
    assert reap_one(pool) == 70
    assert pool.restarts == 0


def test_worker_that_was_ready_is_replaced_at_once(make_pool: Any, read_end: int) -> None:
    pool = make_pool(lambda _: signal.pause())
    pool.fill()
    first = pool.seats[0].pid
    report_ready(pool)
    assert pool.count_ready() == 1
    os.kill(first, signal.SIGKILL)
    assert reap_one(pool) is None
    pool.fill()
    assert pool.seats[0].pid not in {0, first}
    assert json.loads(os.read(read_end, LINE_LIMIT))["code"] == -9
    os.kill(pool.seats[0].pid, signal.SIGKILL)
    os.waitpid(pool.seats[0].pid, 0)


def test_workers_that_keep_dying_are_replaced_ever_later_and_then_no_more(make_pool: Any) -> None:
    pool = make_pool(lambda _: os._exit(3))
    pool.was_ready = True
    pauses = []
    verdict = None
    while verdict is None:
        pool.seats[0].refill_at = 0.0
        pool.fill()
        verdict = reap_one(pool)
        pauses.append(max(pool.seats[0].refill_at - time.monotonic(), 0.0))
    assert verdict == 3
    assert len(pauses) == MOST_FAILURES
    assert pauses[0] == 0
    # The pause is what is left of it by now.
    assert all(later > earlier - 0.5 for earlier, later in itertools.pairwise(pauses))
    assert 9 < pauses[-1] <= 10


def test_worker_that_is_stopped_before_it_listens_is_no_failure(make_pool: Any) -> None:
    pool = make_pool(lambda _: signal.pause())
    pool.fill()
    pool.is_stopping = True
    pool.send(signal.SIGTERM)
    assert reap_one(pool) is None
    assert pool.codes == [0]


def test_nobody_is_replaced_while_stopping(make_pool: Any) -> None:
    pool = make_pool(lambda _: os._exit(0))
    pool.fill()
    pool.is_stopping = True
    assert reap_one(pool) is None
    pool.fill()
    assert (pool.running, pool.codes, pool.restarts) == ([], [0], 0)


def test_worker_that_stands_still_is_killed(make_pool: Any) -> None:
    pool = make_pool(lambda _: signal.pause())
    pool.fill()
    seat = pool.seats[0]
    pool.state.write_slot(
        0, SlotView(phase=Phase.READY, pid=seat.pid, beat_at=time.monotonic() - 59)
    )
    pool.kill_stuck()
    assert pool.count_alive() == 0
    pool.state.write_slot(
        0, SlotView(phase=Phase.READY, pid=seat.pid, beat_at=time.monotonic() - 61)
    )
    pool.kill_stuck()
    pool.is_stopping = True
    assert reap_one(pool) is None
    assert pool.codes == [-9]


def test_end_is_told_by_code_or_by_signal() -> None:
    assert (describe_end(3), describe_end(-9)) == ("code 3", "SIGKILL")


def wait_a_while(index: int) -> None:
    """Be a worker that waits for a signal, and ends by another one if that was lost."""
    del index
    signal.alarm(5)
    signal.pause()


def test_stop_that_comes_with_the_fork_is_not_lost(
    make_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = os.fork

    def fork_and_stop() -> int:
        pid = fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        return pid

    monkeypatch.setattr(os, "fork", fork_and_stop)
    swallowing = signal.signal(signal.SIGTERM, lambda *_: None)  # as the supervisor's queue does
    try:
        pool = make_pool(wait_a_while)
        pool.fill()
        pool.is_stopping = True
        assert reap_one(pool) is None
    finally:
        signal.signal(signal.SIGTERM, swallowing)
    assert pool.codes == [0]
