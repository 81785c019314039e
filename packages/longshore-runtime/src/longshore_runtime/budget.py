"""How long each stage of starting and stopping may take, and where each figure came from."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

MARGIN: Final = 1.0
"""Seconds between the runtime's own deadline and the platform's SIGKILL."""

SLACK: Final = 2.0
"""Seconds for the steps between the stages, where the grace period has room for them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The time limits of one service, all in seconds.

    Attributes:
        delay: keep serving after SIGTERM while the endpoint list propagates.
        in_flight: how long requests that are running may take after the listeners closed.
        lifespan: how long the application's shutdown may take.
        flush: how long buffered output may take to be written.
        liveness: how long the event loop may stand still until ``/livez`` fails.
        startup: how long import and the application's start-up may take together.
        grace: the platform's own limit from SIGTERM to SIGKILL.
    """

    delay: float = 0.0
    in_flight: float = 15.0
    lifespan: float = 5.0
    flush: float = 3.0
    startup: float = 60.0
    liveness: float = 30.0
    grace: float = 30.0

    @property
    def total(self) -> float:
        """The longest that a drain may take, in seconds."""
        return self.delay + self.in_flight + self.lifespan + self.flush

    @property
    def deadline(self) -> float:
        """Seconds after SIGTERM at which the process ends itself, whatever is still running."""
        return max(min(self.total + SLACK, self.grace - MARGIN), 0.1)

    @property
    def overrun(self) -> float:
        """By how many seconds the stages together exceed the grace period; 0 when they fit."""
        return max(self.total + MARGIN - self.grace, 0.0)


VARIABLES: Final = {
    "delay": "LONGSHORE_DRAIN_DELAY",
    "in_flight": "LONGSHORE_IN_FLIGHT_TIMEOUT",
    "lifespan": "LONGSHORE_LIFESPAN_TIMEOUT",
    "flush": "LONGSHORE_FLUSH_TIMEOUT",
    "liveness": "LONGSHORE_LIVENESS_TIMEOUT",
    "startup": "LONGSHORE_STARTUP_TIMEOUT",
    "grace": "LONGSHORE_GRACE_PERIOD",
}
"""The environment variable of each field."""


def read_budget(environ: Mapping[str, str]) -> Budget:
    """Read the budget from the environment; what is not set depends on the platform.

    Raises:
        ConfigError: a value is not a number of seconds; all of them are named at once.
    """
    values: dict[str, float] = platform_defaults(environ)
    wrong = []
    for field, name in VARIABLES.items():
        text = environ.get(name)
        if text is None or not text.strip():
            continue
        seconds = parse_seconds(text)
        if seconds is None:
            wrong.append(name)
        else:
            values[field] = seconds
    if wrong:
        msg = f"{', '.join(wrong)}: expected a number of seconds that is not negative"
        raise ConfigError(
            msg,
            hint="write it like 5, 2.5 or 5s",
        )
    return Budget(**values)


def platform_defaults(environ: Mapping[str, str]) -> dict[str, float]:
    """Return the defaults that differ from the class's own on the platform we run on.

    Kubernetes removes the endpoint in parallel with SIGTERM, hence the delay; Cloud Run and
    Knative stop routing first (``K_SERVICE`` is set by both), and Cloud Run allows 10 seconds.
    """
    if "K_SERVICE" in environ:
        return {"delay": 0.0, "in_flight": 5.0, "lifespan": 2.0, "flush": 1.0, "grace": 10.0}
    if "KUBERNETES_SERVICE_HOST" in environ:
        return {"delay": 5.0}
    return {}


def name_platform(environ: Mapping[str, str]) -> str:
    """Return the name of the platform that ``platform_defaults`` sees."""
    if "K_SERVICE" in environ:
        return "Cloud Run or Knative"
    return "Kubernetes" if "KUBERNETES_SERVICE_HOST" in environ else "no orchestrator"


def parse_seconds(text: str) -> float | None:
    """Parse ``5``, ``2.5`` or ``5s``; None when it is something else."""
    try:
        value = float(text.strip().removesuffix("s"))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
