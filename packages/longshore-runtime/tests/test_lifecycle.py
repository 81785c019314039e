"""Phases only move forward, and the later of ours and the supervisor's counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.shared_state import SharedState, SlotView, SlotWriter

phases = st.sampled_from(Phase)


@given(st.lists(phases))
def test_phase_never_moves_back(steps: list[Phase]) -> None:
    lifecycle = Lifecycle()
    reached = [Phase.STARTING]
    for step in steps:
        assert lifecycle.enter(step) is (step > reached[-1])
        reached.append(max(reached[-1], step))
        assert lifecycle.phase is reached[-1]
    assert list(lifecycle.entered) == sorted(set(reached))


@given(phases, phases)
def test_later_of_own_and_shared_counts(own: Phase, shared: Phase) -> None:
    state = SharedState.create()
    lifecycle = Lifecycle(state.phase_view())
    lifecycle.enter(own)
    state.phase = shared
    assert lifecycle.phase is max(own, shared)
    assert lifecycle.is_draining is (max(own, shared) >= Phase.DRAINING)


def test_listeners_hear_of_each_phase_once() -> None:
    lifecycle = Lifecycle()
    heard: list[Phase] = []
    lifecycle.listeners.append(heard.append)
    lifecycle.enter(Phase.READY)
    lifecycle.enter(Phase.READY)
    lifecycle.enter(Phase.DRAINING)
    assert heard == [Phase.READY, Phase.DRAINING]


def test_page_is_seen_by_who_attaches_by_its_path() -> None:
    state = SharedState.create()
    other = SharedState.attach(state.path)
    assert other is not None
    state.phase = Phase.DRAINING
    assert other.phase == Phase.DRAINING


@pytest.mark.parametrize("path", ["/proc/self/fd/99999", "/nonexistent", "/dev/null"])
def test_page_that_cannot_be_reached_is_none(path: str) -> None:
    assert SharedState.attach(path) is None


@given(st.integers(0, 7), st.integers(0, 2**31 - 1), st.integers(0, 2**60), st.booleans())
def test_slot_comes_back_as_it_was_written(
    index: int, pid: int, served: int, healthy: bool
) -> None:
    state = SharedState.create(workers=8)
    slot = SlotView(
        phase=1,
        pid=pid,
        beat_at=1.5,
        started_at=0.5,
        in_flight=3,
        served=served,
        is_healthy=healthy,
    )
    state.write_slot(index, slot)
    assert state.read_slot(index).pack() == slot.pack()
    others = [state.read_slot(each) for each in range(8) if each != index]
    assert all(other.pid == 0 for other in others)
    assert state.phase == 0


def test_writer_publishes_the_lifecycle() -> None:
    state = SharedState.create(workers=1)
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    lifecycle.in_flight, lifecycle.served = 2, 40
    SlotWriter(state, 0, lifecycle, is_healthy=lambda: False).publish()
    slot = state.read_slot(0)
    assert (slot.phase, slot.in_flight, slot.served, slot.is_healthy) == (1, 2, 40, False)
