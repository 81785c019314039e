"""Readiness checks: one decorated function each, run in the background, read from a cache.

```python
from longshore_runtime import check

@check
async def database() -> None:
    await pool.fetchval("SELECT 1")
```

A check fails by raising, by returning ``False`` or by taking too long. A probe never runs one: it
reads the last verdict. One slow answer does not take a service out of rotation (hysteresis).
"""

from __future__ import annotations

import dataclasses
import inspect
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

CheckFunction = TypeVar("CheckFunction", bound="Callable[[], Any]")

PASS: Final = "pass"  # noqa: S105 -- a status
WARN: Final = "warn"
FAIL: Final = "fail"
STALE_ROUNDS: Final = 3
"""Missed rounds after which a verdict is too old to believe."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One readiness check.

    Attributes:
        name: what ``/readyz?verbose`` calls it.
        run: takes nothing; a coroutine function, or a plain one, which gets a thread.
        every: seconds between the end of one run and the start of the next.
        timeout: seconds that a run may take.
        failures: runs in a row that must fail until it counts as failing.
        successes: runs in a row that must pass until it counts as passing again.
        critical: whether it takes the service out of rotation; otherwise it only shows as ``warn``.
    """

    name: str
    run: Callable[[], Any]
    every: float = 5.0
    timeout: float = 2.0
    failures: int = 3
    successes: int = 1
    critical: bool = True


@dataclasses.dataclass(slots=True, kw_only=True)
class Verdict:
    """What is known about one check; a small state machine with hysteresis.

    Attributes:
        is_passing: the verdict; None until the first run has ended.
        streak: runs in a row that disagree with the verdict.
        output: the kind of the last failure; never its text, which may hold a secret.
        at: when the last run ended, in ``time.monotonic()`` seconds.
        took: how long it took, in seconds.
    """

    check: Check
    is_passing: bool | None = None
    streak: int = 0
    output: str = ""
    at: float = 0.0
    took: float = 0.0

    def record(self, *, passed: bool, output: str, took: float, now: float) -> None:
        """Take the result of one run."""
        self.output, self.took, self.at = output, took, now
        if self.is_passing is None:
            # A service that was never ready has nothing to lose by an honest first answer.
            self.is_passing = passed
            return
        if passed == self.is_passing:
            self.streak = 0
            return
        self.streak += 1
        needed = self.check.successes if passed else self.check.failures
        if self.streak >= needed:
            self.is_passing, self.streak = passed, 0

    def status(self, now: float) -> str:
        """Return ``pass``, ``warn`` or ``fail`` at a time."""
        age_limit = STALE_ROUNDS * (self.check.every + self.check.timeout)
        if self.is_passing and now - self.at <= age_limit:
            return PASS
        return FAIL if self.check.critical else WARN

    def describe(self, now: float) -> dict[str, object]:
        """Return the details for ``?verbose``."""
        details: dict[str, object] = {"status": self.status(now)}
        if self.is_passing is None:
            details["output"] = "no result yet"
            return details
        details["age_s"] = round(now - self.at, 1)
        details["took_ms"] = round(self.took * 1000, 1)
        if self.output:
            details["output"] = self.output
        return details


class Registry:
    """The checks of a process."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}

    def add(self, check: Check) -> None:
        """Add a check; one of the same name is replaced, as when a module is loaded again."""
        self.verdicts[check.name] = Verdict(check=check)

    def remove(self, name: str) -> None:
        """Forget a check."""
        self.verdicts.pop(name, None)

    def status(self, now: float | None = None) -> str:
        """Return the worst status of all checks; ``pass`` without any."""
        if not self.verdicts:
            return PASS
        at = time.monotonic() if now is None else now
        found = {verdict.status(at) for verdict in self.verdicts.values()}
        return FAIL if FAIL in found else WARN if WARN in found else PASS

    def failing(self) -> list[str]:
        """Return the names of the checks that are not passing."""
        now = time.monotonic()
        return sorted(name for name, each in self.verdicts.items() if each.status(now) != PASS)

    def describe(self) -> dict[str, object]:
        """Return every check's details for ``?verbose``."""
        now = time.monotonic()
        return {name: verdict.describe(now) for name, verdict in sorted(self.verdicts.items())}


registry: Final = Registry()
"""The checks that ``check`` has registered."""


@overload
def check(function: CheckFunction) -> CheckFunction: ...
@overload
def check(
    *,
    name: str = ...,
    every: float = ...,
    timeout: float = ...,
    failures: int = ...,
    successes: int = ...,
    critical: bool = ...,
) -> Callable[[CheckFunction], CheckFunction]: ...
def check(
    function: CheckFunction | None = None, **settings: Any
) -> CheckFunction | Callable[[CheckFunction], CheckFunction]:
    """Register a function as a readiness check; see ``Check`` for the settings.

    Raises:
        TypeError: the function takes arguments.
    """

    def register(decorated: CheckFunction) -> CheckFunction:
        require_no_arguments(decorated)
        name = settings.pop("name", decorated.__name__)
        registry.add(Check(name=name, run=decorated, **settings))
        return decorated

    return register if function is None else register(function)


def require_no_arguments(function: Callable[..., Any]) -> None:
    """Refuse a check that cannot be called without arguments.

    Raises:
        TypeError: it takes arguments.
    """
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        msg = f"a check takes no arguments: {function!r}: {error}"
        raise TypeError(msg) from error
