"""The command line: what every call of ``longshore`` costs before it does anything."""

import sys
from pathlib import Path

from suite.report import Row, Table
from suite.sampling import Sample, interleave, run_timed

LONGSHORE = Path(sys.executable).with_name("longshore")
LIMIT = 1.5


def measure_startup(rounds: int) -> Table:
    """Compare ``--version`` and ``--help`` with importing click."""

    def click(_: int) -> Sample:
        return _timed(sys.executable, "-c", "import click")

    def version(_: int) -> Sample:
        return _timed(str(LONGSHORE), "--version")

    def usage(_: int) -> Sample:
        return _timed(str(LONGSHORE), "--help")

    for warm_up in (click, version, usage):
        warm_up(0)
    series = interleave(rounds * 5, click=click, version=version, usage=usage)
    peer = ("import click", series["click"])
    return Table(
        title="Command line",
        rows=(
            Row(name='`python -c "import click"`', series=series["click"]),
            Row(name="`longshore --version`", series=series.get("version"), peer=peer, limit=LIMIT),
            Row(name="`longshore --help`", series=series.get("usage"), peer=peer, limit=LIMIT),
        ),
    )


def _timed(*argv: str) -> Sample:
    """Drop the peak: of processes this small the kernel reports the benchmark's own."""
    sample = run_timed(argv)
    return Sample(seconds=sample.seconds, cpu=sample.cpu)
