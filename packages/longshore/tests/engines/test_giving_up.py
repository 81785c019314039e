"""Ctrl-C while a service is started, and again while it is stopped."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from longshore.engines.interface import Run, RunSpec
from longshore.testing.engine import MemoryEngine
from longshore.testing.services import ServiceBench
from longshore.types import CommandLine, Process, ProcessKind

COMMAND = CommandLine(("true",))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND)
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND)


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> ServiceBench:
    return ServiceBench(tmp_path, WEB, WORKER, engines=(memory,))


def once(action: Callable[..., None]) -> Callable[..., None]:
    """Press Ctrl-C instead of the first call; all others go through."""
    calls: list[object] = []

    def call(*arguments: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        action(*arguments, **options)

    return call


@pytest.mark.parametrize("keep_logs", [False, True])
def test_second_interrupt_kills_what_the_first_would_have_stopped(
    bench: ServiceBench,
    memory: MemoryEngine,
    monkeypatch: pytest.MonkeyPatch,
    keep_logs: bool,
) -> None:
    runs = bench.up()
    memory.calls.clear()
    services = bench.services()
    monkeypatch.setattr(services, "_each", once(services._each))
    with pytest.raises(KeyboardInterrupt):
        services.give_up(runs, keep_logs=keep_logs)
    assert memory.running() == []
    assert {"stop web 0", "stop worker 0"} <= set(memory.calls)
    assert bool(bench.records.runs("taskapi")) is keep_logs
    assert bench.notes()[-1] == "taskapi: killing what does not stop"


def test_interrupt_waits_for_what_is_being_started(
    bench: ServiceBench, memory: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, start = Event(), memory.start

    def interrupted(spec: RunSpec) -> None:
        if spec.process == "web":
            raise KeyboardInterrupt
        slow.wait(0.3)  # nobody sets it: that process takes its time
        start(spec)

    monkeypatch.setattr(memory, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.up()
    assert memory.running() == []
    assert bench.records.runs("taskapi") == ()


def test_interrupt_before_the_first_line_is_attended_to_leaves_nothing(
    bench: ServiceBench, memory: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: Run, **_: object) -> None:
        raise KeyboardInterrupt(run.process)

    runs = bench.up()
    monkeypatch.setattr(memory, "logs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.services().attend(runs, show=lambda *_: None, ready=lambda: None)
    assert memory.running() == []
    assert bench.records.runs("taskapi") == ()
