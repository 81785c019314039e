"""Why a process ended, in words (exit codes of the runtime: sysexits.h where it has one)."""

import signal

from longshore.engines.interface import SIGNAL_BASE, RunState, RunStatus

_MEANINGS = {
    70: "the application can't be imported",
    71: "the application's start-up failed",
    75: "its port is taken",
    78: "a setting is missing or wrong",
}
_CONFIGURATION = 78


def describe_state(state: RunState) -> str:
    """Return a state in a few words: ``running``, ``exited (71: its start-up failed)``."""
    if state.status is not RunStatus.EXITED:
        return state.status.value
    return f"exited ({_cause(state)})"


def describe_exit(state: RunState) -> str:
    """Return how a process ended, for a sentence: ``exited with code 78: …``."""
    if state.status is RunStatus.GONE:
        return "was removed by somebody else"
    code = state.exit_code
    if state.out_of_memory or code is None or code > SIGNAL_BASE:
        return f"ended: {_cause(state)}"
    return f"exited with code {_cause(state)}"


def exit_hint(state: RunState, process: str) -> str:
    """Return what to do about it."""
    memory = f"raise tool.longshore.processes.{process}.resources.memory"
    if state.out_of_memory:
        return memory
    if state.exit_code == SIGNAL_BASE + signal.SIGKILL:  # engines don't always notice
        return f"if nobody killed it, it ran out of memory: {memory}"
    if state.exit_code == _CONFIGURATION:
        return "give the setting with -e KEY=VALUE or --env-file FILE"
    return f"see all of its output: longshore logs {process}"


def _cause(state: RunState) -> str:
    code = state.exit_code
    if state.out_of_memory:
        return "out of memory"
    if code is None:
        return state.error or "nobody saw how"
    if code > SIGNAL_BASE:
        try:
            return signal.Signals(code - SIGNAL_BASE).name
        except ValueError:
            return str(code)
    meaning = _MEANINGS.get(code) or state.error
    return f"{code}: {meaning}" if meaning else str(code)
