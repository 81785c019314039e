"""Whether and when a process that has ended is started again; pure, and quick to import.

A service that was ready once is kept: a worker that crashes is started again after a pause that
grows with each failure in a row. One that has run well for a while starts over with the shortest.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one start of a process ended.

    Args:
        exit_code: 0 to 255; ``None`` where nobody saw it.
        out_of_memory: whether the memory limit ended it.
        error: why it could not be started, in the engine's words.
    """

    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""

    @property
    def is_success(self) -> bool:
        """Whether it ended because its work was done."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRule:
    """When a process is started again; times are in seconds.

    Args:
        after_success: also when it has ended with exit code 0.
        limit: after so many failures in a row, no more; ``None`` for no end.
        first_pause: after the first failure.
        growth: how many times as long the next pause is.
        longest_pause: it grows no further.
        good_run: a run of that length ends the row of failures.
    """

    after_success: bool = False
    limit: int | None = 5
    first_pause: float = 0.1
    growth: float = 3.0
    longest_pause: float = 30.0
    good_run: float = 10.0

    @classmethod
    def of(cls, policy: str) -> Self | None:
        """Return the rule of ``no``, ``on-failure`` or ``always``; the first one has none."""
        if policy == "no":
            return None
        always = policy == "always"
        return cls(after_success=always, limit=None) if always else cls()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote."""
        return cls(**document)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)

    def pause(self, ending: Ending, *, row: int) -> float | None:
        """Return the seconds until the next start, or ``None`` where there is none.

        Args:
            ending: how the last run ended.
            row: how many runs in a row have ended too soon, this one included.
        """
        if ending.is_success and not self.after_success:
            return None
        if self.limit is not None and row > self.limit:
            return None
        # The exponent is bounded: a float has an end.
        return min(self.first_pause * self.growth ** min(max(row - 1, 0), 60), self.longest_pause)

    def row(self, before: int, *, ran_for: float) -> int:
        """Return how many runs in a row have ended too soon, after one that took so long."""
        return 1 if ran_for >= self.good_run else before + 1
