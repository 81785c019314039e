"""The lifecycle of this process: one object, whoever asks first."""

from __future__ import annotations

import os

from longshore_runtime.lifecycle import Lifecycle
from longshore_runtime.shared_state import VARIABLE, SharedState

_known: list[Lifecycle] = []
_states: list[SharedState | None] = []


def process_lifecycle() -> Lifecycle:
    """Return the lifecycle of this process, tied to the supervisor's state when there is one."""
    if not _known:
        state = supervisor_state()
        _known.append(Lifecycle(None if state is None else state.phase_view()))
    return _known[0]


def supervisor_state() -> SharedState | None:
    """Return the page of the supervisor in front of this process, if there is one."""
    if not _states:
        path = os.environ.get(VARIABLE, "")
        _states.append(SharedState.attach(path) if path else None)
    return _states[0]


def is_supervised() -> bool:
    """Whether a supervisor in front of this process does the waiting."""
    return VARIABLE in os.environ
