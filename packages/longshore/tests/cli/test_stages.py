"""Many steps as one line, and signs of life."""

import io
import threading
from threading import Event as Flag

import pytest

from longshore.cli.reporter import BarReporter, LineReporter
from longshore.cli.stages import Pulse, Stages
from longshore.cli.terminal import OutputSettings, Terminal
from longshore.types import Event, Phase


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def step(phase: Phase, kind: str = "wheel.fetch", subject: str = "a", **more: int) -> Event:
    return Event(kind=kind, subject=subject, phase=phase, **more)  # type: ignore[arg-type]


def describe(event: Event) -> str:
    return f"{event.kind} {event.subject}"


@pytest.fixture
def lines() -> list[str]:
    return []


def test_steps_of_a_kind_are_one_line_with_size_and_time(lines: list[str]) -> None:
    clock = Clock()
    stages = Stages(lines.append, describe, clock=clock)
    assert not stages.take(step(Phase.STARTED))
    for count in range(3):
        clock.now += 1.25
        assert stages.take(step(Phase.DONE, subject=str(count), done=500_000))
    clock.now = 100  # what comes after the last step does not count
    stages.flush()
    stages.flush()
    assert lines == ["fetched 3 wheels, 1.5 MB, in 3.8 s"]


def test_one_step_keeps_its_own_line_and_none_has_no_line(lines: list[str]) -> None:
    stages = Stages(lines.append, describe)
    stages.take(step(Phase.STARTED, "layer.encode"))
    stages.take(step(Phase.DONE))
    stages.flush()
    assert lines == ["wheel.fetch a"]


def test_other_step_that_is_done_comes_after_what_was_collected(lines: list[str]) -> None:
    stages = Stages(lines.append, describe)
    for kind in ("layer.encode", "bytecode.compile", "layer.encode", "bytecode.compile"):
        assert stages.take(step(Phase.DONE, kind))
    for phase in (Phase.NOTE, Phase.WARNING, Phase.STARTED):
        assert not stages.take(step(phase, "image.build"))
    assert lines == []
    assert not stages.take(step(Phase.DONE, "image.build"))
    encoded, compiled = lines
    assert encoded.startswith("encoded 2 layers in ")
    assert compiled.startswith("compiled bytecode of 2 packages in ")


@pytest.mark.parametrize("phase", [Phase.CACHED, Phase.FAILED, Phase.WARNING, Phase.NOTE])
def test_what_is_no_finished_step_is_not_counted(lines: list[str], phase: Phase) -> None:
    stages = Stages(lines.append, describe)
    assert not stages.take(step(phase))
    stages.flush()
    assert lines == []


@pytest.mark.parametrize(("verbosity", "count"), [(-1, 0), (0, 1), (1, 2)])
def test_each_step_has_a_line_when_asked_for(verbosity: int, count: int) -> None:
    stream = io.StringIO()
    settings = OutputSettings(verbosity=verbosity)
    terminal = Terminal(stdout=stream, stderr=stream, settings=settings, environment={})
    for reporter in (LineReporter(terminal), BarReporter(terminal)):
        stream.seek(stream.truncate(0))
        reporter.report(step(Phase.DONE, subject="a"))
        reporter.report(step(Phase.DONE, subject="b"))
        reporter.close()
        assert len(stream.getvalue().splitlines()) == count


def test_long_step_shows_life_until_it_is_over() -> None:
    told, lines = Flag(), []

    def write(line: str) -> None:
        lines.append(line)
        told.set()

    pulse = Pulse(write, describe, silence=0.05)
    pulse.note(step(Phase.STARTED))
    pulse.note(step(Phase.PROGRESS, done=1, total=4))
    assert told.wait(20)
    assert lines[0] == "wheel.fetch a (25 %, 0 s so far)"
    pulse.note(step(Phase.DONE))
    told.clear()
    assert not told.wait(0.3)
    pulse.close()


def test_nothing_is_said_after_the_end() -> None:
    told = Flag()
    pulse = Pulse(lambda _: told.set(), describe, silence=0.05)
    pulse.note(step(Phase.STARTED))
    pulse.close()
    told.clear()
    assert not told.wait(0.3)


def test_stream_that_is_closed_ends_it_without_a_word() -> None:
    told = Flag()

    def write(_: str) -> None:
        told.set()
        msg = "I/O operation on closed file"
        raise ValueError(msg)

    before = threading.enumerate()
    pulse = Pulse(write, describe, silence=0.05)
    pulse.note(step(Phase.STARTED))
    (thread,) = (each for each in threading.enumerate() if each not in before)
    assert told.wait(20)
    thread.join(20)
    assert not thread.is_alive()
    pulse.close()
