"""Wait until backing services answer in their own protocol, not only at their port."""

import socket
import struct
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from longshore.config import ServiceKind
from longshore.engines.backing.account import Account
from longshore.engines.interface import Engine, Run
from longshore.engines.ports import LOOPBACK
from longshore.engines.readiness import last_lines
from longshore.engines.reasons import describe_exit
from longshore.errors import DeployError

TIMEOUT = 120.0
"""Seconds until a service has to answer; its first start may have a lot to write."""

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.01, 0.2, 1.3
_STATE_INTERVAL = 0.2
_PATIENCE = 2.0
_SILENCE = 0.2
"""Seconds after which a server that says nothing, and does not hang up, counts as listening."""

_PROTOCOL_3 = 3 << 16
_NOT_YET = (b"C57P01", b"C57P02", b"C57P03", b"C53300")
"""PostgreSQL is stopping, was killed, is starting, or has too many clients (its appendix A)."""

_READY_REDIS = (b"+PONG", b"-NOAUTH", b"-NOPERM")


def wait_until_answering(
    runs: Mapping[Run, tuple[ServiceKind, Account]], engine: Engine, *, timeout: float = TIMEOUT
) -> None:
    """Return when every service answers.

    Args:
        runs: what was started, what each speaks, and who may use it.
        engine: who has them.
        timeout: in seconds.

    Raises:
        DeployError: as soon as one has ended, or when the time is over; with its last lines.
    """
    started = time.monotonic()
    pending = dict(runs)
    pause, next_look = _FIRST_PAUSE, started
    while pending:
        now = time.monotonic()
        if now >= next_look:
            _check_alive(runs, engine)
            next_look = now + _STATE_INTERVAL
        for run, (kind, account) in list(pending.items()):
            if run.port is not None and answers(kind, run.port, account):
                del pending[run]
        if pending and now - started > timeout:
            run = next(iter(pending))
            raise _error(run, engine, f"did not answer within {timeout:g} s")
        if pending:
            time.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def _check_alive(runs: Iterable[Run], engine: Engine) -> None:
    for run in runs:
        state = engine.state(run)
        if state.is_over:
            raise _error(run, engine, describe_exit(state))


def _error(run: Run, engine: Engine, what: str) -> DeployError:
    return DeployError(
        f"{run.service}: service {run.process!r} {what}",
        context=last_lines(run, engine),
        hint=f"see all of its output: longshore logs {run.process}",
    )


def answers(kind: ServiceKind, port: int, account: Account) -> bool:
    """Tell whether a server on the loopback interface takes requests now."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=_PATIENCE) as link:
        match kind:
            case ServiceKind.REDIS:
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith(_READY_REDIS)
            case ServiceKind.POSTGRES:
                link.sendall(_startup_message(account))
                return _is_postgres_ready(link.recv(512))
            case ServiceKind.OTHER:
                return _is_listening(link)
    return False


def _startup_message(account: Account) -> bytes:
    """Return the first message of a client (PostgreSQL's documentation, §53.7)."""
    pairs = {"user": account.user, "database": account.database}
    body = struct.pack("!I", _PROTOCOL_3)
    body += b"".join(f"{name}\0{value}\0".encode() for name, value in pairs.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def _is_postgres_ready(answer: bytes) -> bool:
    """Tell whether the server asks who we are, or refuses for a reason that will not pass."""
    if answer.startswith(b"E"):
        return not any(code in answer for code in _NOT_YET)
    return answer.startswith(b"R")


def _is_listening(link: socket.socket) -> bool:
    # Whoever publishes a port may accept for a server that is not there yet, and then hang up.
    link.settimeout(_SILENCE)
    try:
        return bool(link.recv(1))
    except TimeoutError:
        return True
