"""What a drill found: the facts, and how they are told to people."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from longshore_runtime.usage import propose_resources

if TYPE_CHECKING:
    from longshore_runtime.load import Load, Tally
    from longshore_runtime.testing import Stopped


@dataclasses.dataclass(slots=True, kw_only=True)
class Report:
    """What a drill found.

    Attributes:
        unready_ms: from the signal until readiness was seen down; None when it never was.
        exit_ms: from the signal until the process had ended.
        peak_memory: bytes, of all processes together.
        cpu: seconds of CPU time under load.
        rate: answers per second under load.
        warm_up: seconds that this was measured over.
    """

    load: Load
    stopped: Stopped | None = None
    unready_ms: float | None = None
    exit_ms: float = 0.0
    peak_memory: int = 0
    cpu: float = 0.0
    rate: float = 0.0
    warm_up: float = 0.0

    @property
    def tallies(self) -> dict[str, Tally]:
        """The tally of each kind of client."""
        return {
            "keep-alive": self.load.keep_alive,
            "new connections": self.load.fresh,
            "slow": self.load.slow,
        }

    @property
    def lost(self) -> int:
        """All requests without a whole answer."""
        return sum(tally.lost.total() for tally in self.tallies.values())

    @property
    def sent(self) -> int:
        """All requests."""
        return sum(tally.sent for tally in self.tallies.values())


def describe(report: Report) -> dict[str, Any]:
    """Return the report's facts, ready for JSON."""
    stopped = report.stopped
    events = () if stopped is None else stopped.events
    stop = next((event for event in reversed(events) if event.get("event") == "stop"), {})
    latencies = sorted(value for tally in report.tallies.values() for value in tally.latencies) or [
        0.0
    ]
    per_request = report.cpu / max(report.rate * report.warm_up, 1.0)
    return {
        "sent": report.sent,
        "lost": report.lost,
        "clients": {
            name: {
                "answered": tally.answered,
                "answered_after_signal": tally.after_signal,
                "moved": tally.moved,
                "lost": dict(tally.lost),
            }
            for name, tally in report.tallies.items()
        },
        "timeline_ms": {
            "readiness_down": None if report.unready_ms is None else round(report.unready_ms),
            **stop.get("stages_ms", {}),
            "exit": round(report.exit_ms),
        },
        "exit_code": None if stopped is None else stopped.code,
        "latency_ms": {
            "p50": round(latencies[len(latencies) // 2] * 1000, 1),
            "p99": round(latencies[len(latencies) * 99 // 100] * 1000, 1),
        },
        "rate": round(report.rate),
        "cpu_ms_per_request": round(per_request * 1000, 3),
        "peak_memory_mib": round(report.peak_memory / 2**20, 1),
        "resources": propose_resources(
            peak_memory=report.peak_memory, cpu_per_request=per_request, rate=report.rate
        ),
    }


def render(facts: dict[str, Any]) -> str:
    """Return the report for people."""
    lines = [
        f"{facts['lost']} of {facts['sent']} requests lost, exit code {facts['exit_code']}",
        "",
    ]
    for name, tally in facts["clients"].items():
        lost = ", ".join(f"{count} {reason}" for reason, count in tally["lost"].items()) or "none"
        lines.append(
            f"  {name:<16} {tally['answered']:>7} answered, "
            f"{tally['answered_after_signal']} of them after SIGTERM; lost: {lost}"
        )
    lines += ["", "after SIGTERM:"]
    lines += [
        f"  {'never' if ms is None else f'{ms} ms':>9}  {name.replace('_', ' ')}"
        for name, ms in facts["timeline_ms"].items()
    ]
    lines += [
        "",
        (
            f"{facts['rate']} requests/s, p50 {facts['latency_ms']['p50']} ms, "
            f"p99 {facts['latency_ms']['p99']} ms, {facts['cpu_ms_per_request']} ms CPU a request, "
            f"{facts['peak_memory_mib']} MiB at the peak"
        ),
        "",
        "proposed resources:",
    ]
    lines += [f"  {name}: {value}" for name, value in facts["resources"].items()]
    return "\n".join(lines)
