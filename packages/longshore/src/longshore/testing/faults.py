"""What a server does wrong, for one request or several."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Answers with a status and some headers instead."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Closes the connection after so many bytes of the body."""

    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """Sends so many bytes of the body (none: not even the status line), then nothing."""

    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt:
    """Sends a body of the right length with its last byte changed."""


Fault = Status | Cut | Stall | Corrupt
"""Anything that a server can do wrong."""
