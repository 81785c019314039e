"""Events: how long work reports its progress, without knowing who listens."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """Where in its life the subject of an event is."""

    STARTED = "started"
    PROGRESS = "progress"
    DONE = "done"
    CACHED = "cached"
    FAILED = "failed"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened to a subject.

    Args:
        kind: what sort of work, a dotted word: ``wheel.fetch``, ``base.unpack``, ``layer.encode``.
        subject: what it happened to, for people: ``sqlalchemy 2.0.43``.
        phase: where in its life the subject is.
        done: units finished so far (bytes, files), or ``None`` where nothing is counted.
        total: units in all, or ``None`` where that is not known.
        detail: a short remark: a warning's text, a size.
    """

    kind: str
    subject: str
    phase: Phase
    done: int | None = None
    total: int | None = None
    detail: str = ""


class Reporter(Protocol):
    """Whoever listens: progress bars, JSON lines, a live view. Thread-safe, never raises."""

    def report(self, event: Event) -> None:
        """Take one event."""


class NullReporter:
    """Listens to nothing; for library use and tests."""

    def report(self, event: Event) -> None:
        """Drop the event."""
