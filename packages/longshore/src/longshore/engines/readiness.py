"""Wait until what was started works: ``/readyz`` of web processes, staying alive for the others."""

import http.client
import time
from collections.abc import Collection, Sequence

from longshore.engines.interface import Engine, Run, RunState
from longshore.engines.ports import LOOPBACK
from longshore.engines.reasons import describe_exit, exit_docs, exit_hint
from longshore.errors import DeployError

TIMEOUT = 60.0
"""Seconds until a web process has to be ready."""

SETTLE = 1.0
"""Seconds that a process without a port has to stay alive before it counts as started."""

TAIL = 20
"""Lines of output that an error shows."""

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.01, 0.05, 1.3
_STATE_INTERVAL = 0.2
_PROBE_TIMEOUT = 2.0
_OK = (200,)
_ANY_BUT_ERRORS = range(200, 500)


def wait_until_ready(
    runs: Sequence[Run],
    engine: Engine,
    *,
    own_servers: Collection[str] = (),
    timeout: float = TIMEOUT,
) -> None:
    """Return when every web process answers and every other one has settled.

    Args:
        runs: what was started.
        engine: who has it.
        own_servers: the processes that serve without our runtime's probes: any answer of theirs
            but an error of the server counts.
        timeout: in seconds.

    Raises:
        DeployError: as soon as one has ended, or when the time is over; with its last lines.
    """
    started = time.monotonic()
    pending = {run.process: run for run in runs if run.port is not None}
    settled = started + (0.0 if pending else SETTLE)
    answers: dict[str, str] = {}
    pause, next_look = _FIRST_PAUSE, started
    while True:
        now = time.monotonic()
        if now >= next_look:
            check_alive(runs, engine)
            next_look = now + _STATE_INTERVAL
        for run in list(pending.values()):
            status = probe(run.port or 0, "/readyz")
            good = _ANY_BUT_ERRORS if run.process in own_servers else _OK
            if status in good:
                del pending[run.process]
            answers[run.process] = "nothing" if status is None else str(status)
        if not pending and now >= settled:
            check_alive(runs, engine)
            return
        if now - started > timeout:
            run = next(iter(pending.values()))
            raise _not_ready(run, engine, timeout, answers[run.process])
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def wait_until_over(run: Run, engine: Engine) -> RunState:
    """Return how a process that runs to its end has ended."""
    pause = _FIRST_PAUSE
    while not (state := engine.state(run)).is_over:
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    return state


def check_alive(runs: Sequence[Run], engine: Engine) -> None:
    """Raise for the first process that has ended."""
    for run in runs:
        state = engine.state(run)
        if state.is_over:
            raise ended_error(run, state, engine)


def ended_error(run: Run, state: RunState, engine: Engine) -> DeployError:
    """Return the error about a process that should not have ended, with its last lines."""
    lines = last_lines(run, engine)
    return DeployError(
        f"{run.service}: process {run.process!r} {describe_exit(state)}",
        context=lines,
        hint=exit_hint(state, run.process, lines, root=run.root),
        docs=exit_docs(lines),
    )


def last_lines(run: Run, engine: Engine) -> list[str]:
    """Return the end of a process's output."""
    return [line.decode("utf-8", "replace") for line in engine.logs(run, tail=TAIL)]


def probe(port: int, path: str) -> int | None:
    """Return the status that a server on the loopback interface answers, or ``None``."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PROBE_TIMEOUT)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _not_ready(run: Run, engine: Engine, timeout: float, answer: str) -> DeployError:
    return DeployError(
        f"{run.service}: process {run.process!r} was not ready within {timeout:g} s: "
        f"GET /readyz answered {answer}",
        context=last_lines(run, engine),
        hint=f"see all of its output: longshore logs {run.process}",
    )
