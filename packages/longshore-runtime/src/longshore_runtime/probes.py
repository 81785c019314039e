"""What the health paths answer, as a pure function of the lifecycle.

``/livez`` asks whether the process should be restarted, ``/readyz`` whether it should get traffic,
``/startupz`` whether it has started. ``/healthz`` and ``/health`` are for platforms that know one
path only: they follow start and drain, and never a dependency.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Final

from longshore_runtime.health import FAIL, PASS, Registry, registry
from longshore_runtime.lifecycle import Phase

if TYPE_CHECKING:
    from longshore_runtime.asgi import Headers
    from longshore_runtime.lifecycle import Lifecycle

LIVE: Final = "/livez"
READY: Final = "/readyz"
STARTUP: Final = "/startupz"
ALIASES: Final = ("/healthz", "/health")
PATHS: Final = frozenset((LIVE, READY, STARTUP, *ALIASES))

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


def answer_probe(
    path: str, lifecycle: Lifecycle, *, verbose: bool = False, checks: Registry = registry
) -> Answer:
    """Answer one probe path from what is already known; no I/O happens here.

    Args:
        path: one of ``PATHS``.
        lifecycle: where the process is in its life.
        verbose: add details.
        checks: the cached verdicts that ``/readyz`` takes into account.
    """
    phase = lifecycle.phase
    if path == LIVE:
        return _answer_live(lifecycle, phase, verbose=verbose)
    if path == STARTUP:
        started = phase >= Phase.READY
        return render_answer(passed=started, reason="" if started else "starting")
    details: dict[str, object] = {}
    if verbose:
        details = {"phase": phase.name.lower(), "in_flight": lifecycle.in_flight}
    if phase != Phase.READY:
        return render_answer(passed=False, reason=phase.name.lower(), details=details)
    if path != READY or not checks.verdicts:
        return render_answer(passed=True, details=details)
    status = checks.status()
    if verbose:
        details["checks"] = checks.describe()
    failing = ", ".join(checks.failing()) if status != PASS else ""
    return render_answer(passed=status != FAIL, status=status, reason=failing, details=details)


def _answer_live(lifecycle: Lifecycle, phase: Phase, *, verbose: bool) -> Answer:
    """Answer whether to restart the process: never for a dependency, never while it starts."""
    age = lifecycle.heartbeat_age()
    alive = phase == Phase.STARTING or age < lifecycle.liveness_limit
    details: dict[str, object] = {}
    if verbose:
        details = {"heartbeat_age_s": round(age, 2), "limit_s": lifecycle.liveness_limit}
    reason = "" if alive else "the event loop does not turn"
    return render_answer(passed=alive, reason=reason, details=details)


def render_answer(
    *,
    passed: bool,
    status: str = "",
    reason: str = "",
    details: dict[str, object] | None = None,
) -> Answer:
    """Return the JSON answer; field names follow draft-inadarei-api-health-check."""
    body: dict[str, object] = {"status": status or (PASS if passed else FAIL)}
    if reason:
        body["output"] = reason
    body.update(details or {})
    return Answer(
        status=OK if passed else UNAVAILABLE,
        body=json.dumps(body, separators=(",", ":"), default=str).encode(),
    )
