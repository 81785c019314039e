"""What the health paths answer, as a pure function of the lifecycle.

``/livez`` asks whether the process should be restarted, ``/readyz`` whether it should get traffic,
``/startupz`` whether it has started. ``/healthz`` and ``/health`` are for platforms that know one
path only: they follow start and drain, and never a dependency.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Final

from longshore_runtime.lifecycle import Phase

if TYPE_CHECKING:
    from longshore_runtime.asgi import Headers
    from longshore_runtime.lifecycle import Lifecycle

LIVE: Final = "/livez"
READY: Final = "/readyz"
STARTUP: Final = "/startupz"
ALIASES: Final = ("/healthz", "/health")
PATHS: Final = frozenset((LIVE, READY, STARTUP, *ALIASES))

LIVENESS_LIMIT: Final = 30.0
"""Seconds without a turn of the event loop after which a process counts as stuck."""

OK: Final = 200
UNAVAILABLE: Final = 503


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response to one probe."""

    status: int
    body: bytes

    @property
    def headers(self) -> Headers:
        """The headers of the response, in ASGI's form."""
        return [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
            (b"cache-control", b"no-store"),
        ]


def answer_probe(path: str, lifecycle: Lifecycle, *, verbose: bool = False) -> Answer:
    """Answer one probe path from what is already known; no I/O happens here."""
    phase = lifecycle.phase
    if path == LIVE:
        alive = lifecycle.heartbeat_age() < LIVENESS_LIMIT
        return render_answer(passed=alive, reason="" if alive else "event loop is stuck")
    if path == STARTUP:
        started = phase >= Phase.READY
        return render_answer(passed=started, reason="" if started else "starting")
    reason = "" if phase == Phase.READY else phase.name.lower()
    details: dict[str, object] = {}
    if verbose:
        details = {"phase": phase.name.lower(), "in_flight": lifecycle.in_flight}
    return render_answer(passed=phase == Phase.READY, reason=reason, details=details)


def render_answer(
    *, passed: bool, reason: str = "", details: dict[str, object] | None = None
) -> Answer:
    """Return the JSON answer; field names follow draft-inadarei-api-health-check."""
    body: dict[str, object] = {"status": "pass" if passed else "fail"}
    if reason:
        body["output"] = reason
    body.update(details or {})
    return Answer(
        status=OK if passed else UNAVAILABLE,
        body=json.dumps(body, separators=(",", ":"), default=str).encode(),
    )
