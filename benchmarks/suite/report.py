"""Tables: rows of figures with their ratio to a peer and their budget, as markdown and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from suite.sampling import Series

HEADER = (
    "what",
    "median",
    "min to max",
    "runs",
    "CPU",
    "peak MiB",
    "against",
    "ratio",
    "budget",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line.

    Args:
        name: what was measured.
        series: its samples; ``None`` where it could not be measured.
        peer: the samples that it is compared with, and what to call them.
        limit: what the ratio (the median divided by the peer's) may be at most.
        seconds: what the median may be at most.
        peak: what the peak may be at most, in MiB.
        note: a remark; the reason where there is no figure.
    """

    name: str
    series: Series | None = None
    peer: tuple[str, Series | None] | None = None
    limit: float | None = None
    seconds: float | None = None
    peak: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The median divided by the peer's."""
        if self.series is None or self.peer is None or self.peer[1] is None:
            return None
        return self.series.median / self.peer[1].median

    @property
    def verdicts(self) -> tuple[tuple[str, bool | None], ...]:
        """The budgets in words, each with whether it holds (``None``: not measured)."""
        median = None if self.series is None else self.series.median
        peak = None if self.series is None else self.series.peak
        checks = (
            (self.ratio, self.limit, "x"),
            (median, self.seconds, " s"),
            (peak, self.peak, " MiB"),
        )
        return tuple(
            (f"≤ {limit:g}{unit}", None if value is None else value <= limit)
            for value, limit, unit in checks
            if limit is not None
        )

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells in the order of ``HEADER``."""
        peer = "" if self.peer is None else self.peer[0]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        budget = ", ".join(text for text, _ in self.verdicts)
        if self.series is None:
            return (self.name, "not measured", "", "0", "", "", peer, "", budget, self.note)
        seconds = self.series.seconds
        peak = self.series.peak
        failed = [text for text, holds in self.verdicts if holds is False]
        remark = "; ".join(
            filter(None, [f"missed: {', '.join(failed)}" if failed else "", self.note])
        )
        return (
            self.name,
            f"{self.series.median:.3f} s",
            f"{min(seconds):.3f} to {max(seconds):.3f}",
            str(len(seconds)),
            "" if self.series.cpu is None else f"{self.series.cpu:.2f} s",
            "" if peak is None else f"{peak:.0f}",
            peer,
            ratio,
            budget,
            remark or ("ok" if self.verdicts else ""),
        )

    def data(self) -> dict[str, Any]:
        """Return the line for programs."""
        return {
            "name": self.name,
            "seconds": [] if self.series is None else list(self.series.seconds),
            "cpu_seconds": None if self.series is None else self.series.cpu,
            "peak_mib": None if self.series is None else self.series.peak,
            "peer": None if self.peer is None else self.peer[0],
            "ratio": self.ratio,
            "budgets": dict(self.verdicts),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of times; ``sizes`` is one of bytes (what, MB) that goes below it."""

    title: str
    rows: tuple[Row, ...]
    sizes: tuple[tuple[str, float], ...] = ()
    remarks: tuple[str, ...] = field(default=())

    def markdown(self) -> str:
        """Return the table as GitHub renders it."""
        parts = [f"## {self.title}", "\n".join(_grid(HEADER, [row.cells() for row in self.rows]))]
        if self.sizes:
            cells = [(what, f"{size:.2f}") for what, size in self.sizes]
            parts.append("\n".join(_grid(("layer, gzip", "MB"), cells)))
        return "\n\n".join([*parts, *self.remarks])

    def data(self) -> dict[str, Any]:
        """Return the table for programs."""
        return {
            "title": self.title,
            "rows": [row.data() for row in self.rows],
            "sizes_mb": dict(self.sizes),
            "remarks": list(self.remarks),
        }


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _line(header)
    yield _line(["---"] * len(header))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
