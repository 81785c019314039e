"""Run commands and keep what they took: wall time and peak memory, peers interleaved.

Machines are noisy, and noise comes in waves: peers run in turns (A B A B …), so that a wave hits
both, and a table compares medians of the same minutes only.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TAIL = 12


class UnavailableError(Exception):
    """Something can't be measured on this machine; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: wall time in seconds and, where known, processor time and peak resident memory.

    Both count the command and its descendants: the sum of seconds, and the MiB of the largest.
    """

    seconds: float
    cpu: float | None = None
    peak: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one thing."""

    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> tuple[float, ...]:
        """The wall times, in the order of the runs."""
        return tuple(sample.seconds for sample in self.samples)

    @property
    def median(self) -> float:
        """The median wall time in seconds."""
        return statistics.median(self.seconds)

    @property
    def cpu(self) -> float | None:
        """The median processor time in seconds."""
        known = [s.cpu for s in self.samples if s.cpu is not None]
        return statistics.median(known) if known else None

    @property
    def peak(self) -> float | None:
        """The highest peak of all runs in MiB."""
        return max((s.peak for s in self.samples if s.peak is not None), default=None)


def run_timed(
    argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Sample:
    """Run a command to its end.

    Raises:
        UnavailableError: if it fails; the message has the end of what it said.
    """
    with subprocess.Popen(
        argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        began = time.perf_counter()
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()[-_TAIL:]
        msg = f"{Path(argv[0]).name} failed with {process.returncode}: " + " / ".join(lines)
        raise UnavailableError(msg)
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(seconds=seconds, cpu=cpu, peak=usage.ru_maxrss / 1024)


def interleave(rounds: int, **cases: Callable[[int], Sample]) -> dict[str, Series]:
    """Run the cases in turns; each is given the number of the round.

    A case that turns out to be unavailable is left out of the result.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in cases}
    broken: set[str] = set()
    for number in range(rounds):
        for name, case in cases.items():
            if name in broken:
                continue
            try:
                samples[name].append(case(number))
            except UnavailableError as error:
                print(f"  {name}: {error}", flush=True)
                broken.add(name)
    return {name: Series(tuple(made)) for name, made in samples.items() if name not in broken}
