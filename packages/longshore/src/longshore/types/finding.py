"""Findings: one problem with its rule, its place and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; the words are SARIF 2.1.0's ``level`` (§3.27.10)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem.

    Args:
        rule: a stable identifier in kebab case: ``config.unknown-key``.
        severity: how bad it is.
        location: a path in a file: ``pyproject.toml: tool.longshore.processes.web.port``.
        message: what is wrong, lower case, no full stop.
        hint: what to do about it.
        docs: a page of the documentation, relative to its root.
    """

    rule: str
    severity: Severity
    location: str
    message: str
    hint: str | None = None
    docs: str | None = None

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message
