"""Show findings as talk."""

from collections.abc import Iterable

from longshore.cli.terminal import Terminal
from longshore.types import Finding, Severity


def show_findings(terminal: Terminal, findings: Iterable[Finding]) -> None:
    """Show warnings always and notes with ``-v``."""
    for finding in findings:
        if finding.severity is Severity.NOTE:
            terminal.detail(f"note: {finding}")
        else:
            terminal.warn(str(finding), hint=finding.hint)
