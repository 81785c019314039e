"""Bringing services up and taking them down, with an engine in memory."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.engines.choose import Engines
from longshore.engines.command import run_command
from longshore.engines.interface import EngineError, RunState, RunStatus
from longshore.engines.ports import is_free
from longshore.engines.service import Services
from longshore.engines.settings import Settings
from longshore.errors import DeployError, PreflightError, UsageError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.testing import RecordingReporter
from longshore.testing.engine import Killed, MemoryEngine
from longshore.testing.services import ServiceBench as Bench
from longshore.types import (
    CommandLine,
    Digest,
    Process,
    ProcessKind,
    Secret,
    parse_name,
)

NOTHING = Settings(given={})
IMAGE = Descriptor(media_type=MediaType.MANIFEST, digest=Digest.of(b"image"), size=1)
COMMAND = CommandLine(("true",))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND, secrets=("TOKEN", "OTHER"))
PLAIN = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND)
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND, drain=2)
MIGRATE = Process(name="migrate", kind=ProcessKind.RELEASE, serve=COMMAND)


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> Bench:
    return Bench(tmp_path, WEB, WORKER, MIGRATE, engines=(memory,))


def test_up_runs_releases_first_and_starts_what_lasts(bench: Bench, memory: MemoryEngine) -> None:
    memory.behaviour["migrate"] = "exit 0"
    runs = bench.up()
    assert [run.process for run in runs] == ["web", "worker"]
    assert memory.calls[:2] == ["load", "start migrate"]
    assert sorted(memory.calls[2:]) == ["start web", "start worker"]  # side by side
    assert runs[0].url == f"http://127.0.0.1:{bench.port}"
    assert {run.process for run in bench.records.runs("taskapi")} == {"migrate", "web", "worker"}


def test_release_that_fails_keeps_the_others_from_starting(
    bench: Bench, memory: MemoryEngine
) -> None:
    memory.behaviour["migrate"] = "exit 3"
    with pytest.raises(DeployError, match="process 'migrate' exited with code 3"):
        bench.up()
    assert memory.calls == ["load", "start migrate"]


def test_process_that_does_not_come_up_stops_all_and_leaves_its_output(
    bench: Bench, memory: MemoryEngine
) -> None:
    memory.behaviour["worker"] = "exit 1"
    with pytest.raises(DeployError, match="process 'worker' exited with code 1"):
        bench.up(WEB, WORKER)
    assert memory.running() == []
    assert is_free(bench.port)
    states = {run.process: state.status for run, state in bench.services().observe()}
    assert states == {"web": RunStatus.EXITED, "worker": RunStatus.EXITED}
    bench.down()
    assert bench.services().observe() == ()


def test_process_that_can_not_be_started_leaves_no_record_of_itself(
    bench: Bench, memory: MemoryEngine
) -> None:
    memory.behaviour["worker"] = "fail"
    with pytest.raises(DeployError, match="no such program"):
        bench.up(WEB, WORKER)
    assert [run.process for run in bench.records.runs("taskapi")] == ["web"]
    assert memory.running() == []


def test_second_up_replaces_the_first_and_says_so(bench: Bench, memory: MemoryEngine) -> None:
    bench.up(WEB)
    memory.calls.clear()
    bench.up(WEB)
    assert memory.calls == ["load", "stop web 25", "remove web", "start web"]
    assert bench.notes() == [
        f"taskapi: replaces what runs now (image {IMAGE.digest.short}, from /project)"
    ]
    assert memory.running() == ["web"]


def test_up_over_something_that_has_ended_says_nothing(bench: Bench, memory: MemoryEngine) -> None:
    bench.up(WEB)
    bench.services().stop(bench.records.runs("taskapi"))
    bench.up(WEB)
    assert bench.notes() == []
    assert memory.running() == ["web"]


def test_taken_port_is_found_before_anything_is_changed(bench: Bench, memory: MemoryEngine) -> None:
    with socket.create_server(("127.0.0.1", bench.port)):
        for attempt in (
            lambda: bench.launcher().check(bench.launch(WORKER, PLAIN)),
            lambda: bench.up(PLAIN),
        ):
            with pytest.raises(PreflightError) as caught:
                attempt()
            assert caught.value.message.startswith(f"port {bench.port} is taken by ")
            assert "(pid " in caught.value.message
    assert memory.calls == []


def test_secrets_that_nobody_gave_are_named_at_once(bench: Bench, memory: MemoryEngine) -> None:
    worker = replace(WORKER, secrets=("OTHER",))
    cron = Process(name="purge", kind=ProcessKind.JOB, serve=COMMAND, secrets=("UNUSED",))
    with pytest.raises(PreflightError) as caught:
        bench.launcher().check(bench.launch(WEB, worker, cron))
    assert caught.value.message == "2 secrets are not set"
    assert caught.value.context == ("OTHER, for web and worker", "TOKEN, for web")
    assert "-e OTHER=..." in (caught.value.hint or "")
    with pytest.raises(PreflightError, match="secret TOKEN, for web, is not set"):
        bench.launcher().check(bench.launch(WEB, settings=Settings(given={"OTHER": Secret("")})))
    settings = Settings(given={}, environment={"TOKEN": "t", "OTHER": "o"})
    bench.launcher().check(bench.launch(WEB, worker, settings=settings))
    assert memory.calls == []


def test_port_of_another_service_is_named_with_its_folder(
    bench: Bench, memory: MemoryEngine
) -> None:
    bench.up(WEB)
    launch = bench.launch(WEB)
    other = replace(launch, project=replace(launch.project, name=parse_name("other")))
    with pytest.raises(PreflightError) as caught:
        bench.launcher().bring_up(other, bench.layout, IMAGE)
    assert caught.value.message == f"port {bench.port} is taken by process 'web' of taskapi"
    assert caught.value.hint is not None
    assert "run 'longshore down' in /project" in caught.value.hint
    assert memory.running() == ["web"]


def test_down_stops_and_removes_everything_with_each_ones_own_time(
    bench: Bench, memory: MemoryEngine
) -> None:
    bench.up(WEB, WORKER)
    memory.calls.clear()
    assert {run.process for run in bench.down()} == {"web", "worker"}
    assert sorted(memory.calls) == ["remove web", "remove worker", "stop web 25", "stop worker 12"]
    assert bench.records.services() == ()
    assert bench.down() == ()


def test_down_removes_volumes_only_when_told(bench: Bench, memory: MemoryEngine) -> None:
    bench.down()
    assert memory.calls == []
    bench.down(volumes=True)
    assert memory.calls == ["remove_volumes taskapi"]


def test_engine_that_can_not_start_the_first_process_gives_way_to_the_next(
    tmp_path: Path, memory: MemoryEngine
) -> None:
    broken = MemoryEngine("broken")
    broken.behaviour["web"] = "refuse"
    bench = Bench(tmp_path, engines=(broken, memory))
    assert bench.up(WEB)[0].engine == "memory"
    assert bench.notes() == ["engine broken: passed over: the engine is out of order"]


def test_engine_that_was_asked_for_does_not_give_way(tmp_path: Path, memory: MemoryEngine) -> None:
    broken = MemoryEngine("broken")
    broken.behaviour["web"] = "refuse"
    bench = Bench(tmp_path, engines=(broken, memory))
    with pytest.raises(EngineError):
        bench.up(WEB, engine="broken")
    assert bench.records.runs("taskapi") == ()


def test_engine_that_fails_later_does_not_give_way(tmp_path: Path, memory: MemoryEngine) -> None:
    broken = MemoryEngine("broken")
    broken.behaviour["worker"] = "refuse"
    bench = Bench(tmp_path, engines=(broken, memory))
    with pytest.raises(EngineError):
        bench.up(WEB, WORKER)
    assert memory.calls == []
    assert broken.running() == []


def test_declared_secrets_come_from_the_callers_environment(
    bench: Bench, memory: MemoryEngine
) -> None:
    environment = {"TOKEN": "x", "OTHER": "y", "Z": "z"}
    settings = Settings(given={"TOKEN": Secret("given")}, environment=environment)
    bench.up(WEB, settings=settings)
    env = memory.specs[0].env
    assert (env["TOKEN"].reveal(), env["OTHER"].reveal()) == ("given", "y")
    assert "Z" not in env


@pytest.mark.parametrize("step", range(4))
def test_up_that_is_killed_at_any_step_is_undone_by_down(
    bench: Bench, memory: MemoryEngine, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    memory.behaviour["migrate"] = "exit 0"
    memory.fail_at = step
    monkeypatch.setattr(Services, "clear", lambda *_, **__: None)  # the dead clean nothing up
    with pytest.raises(Killed):
        bench.up()
    monkeypatch.undo()
    bench.down()
    assert memory.running() == []
    assert bench.records.services() == ()
    assert is_free(bench.port)


@pytest.mark.parametrize("step", range(7))
def test_replacing_up_that_is_killed_at_any_step_is_finished_by_the_next(
    bench: Bench, memory: MemoryEngine, step: int
) -> None:
    bench.up(WEB, WORKER)
    memory.fail_at = step
    with pytest.raises(Killed):
        bench.up(WEB, WORKER)
    bench.up(WEB, WORKER)
    assert sorted(memory.running()) == ["web", "worker"]
    assert len(bench.records.runs("taskapi")) == 2


@pytest.mark.parametrize("step", range(4))
def test_down_that_is_killed_at_any_step_is_finished_by_the_next(
    bench: Bench, memory: MemoryEngine, step: int
) -> None:
    bench.up(WEB, WORKER)
    memory.fail_at = step
    with pytest.raises(Killed):
        bench.down()
    bench.down()
    assert memory.running() == []
    assert bench.records.services() == ()


def test_interrupt_while_starting_removes_what_was_started(
    bench: Bench, memory: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("longshore.engines.launch.wait_until_ready", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bench.up(WEB, WORKER)
    assert memory.running() == []
    assert bench.records.services() == ()


def test_run_of_an_engine_that_is_gone_is_shown_and_does_not_hold_others_back(
    tmp_path: Path, memory: MemoryEngine
) -> None:
    gone = MemoryEngine("gone")
    bench = Bench(tmp_path, engines=(gone, memory))
    bench.up(WORKER)
    gone.reason = "is not installed"
    gone.out_of_order = True
    ((_, state),) = bench.services().observe()
    assert state == RunState(status=RunStatus.UNKNOWN, error="the engine is out of order")
    assert bench.up(WORKER)[0].engine == "memory"
    assert bench.notes()[-1] == (
        "taskapi: left process 'worker' to gone, which can't be used: the engine is out of order"
    )


def test_engine_that_works_and_fails_keeps_its_record(bench: Bench, memory: MemoryEngine) -> None:
    bench.up(WORKER)
    memory.out_of_order = True
    with pytest.raises(EngineError):
        bench.down()
    assert len(bench.records.runs("taskapi")) == 1


def test_attended_service_whose_process_ends_is_removed_and_reported(
    bench: Bench, memory: MemoryEngine
) -> None:
    shown: list[tuple[str, bytes]] = []
    runs = bench.up(WEB)
    memory.stop(runs[0], grace=0)  # its stream in memory has ended anyway
    with pytest.raises(DeployError) as caught:
        bench.services().attend(
            runs, show=lambda name, line: shown.append((name, line)), ready=lambda: None
        )
    assert caught.value.message == (
        "taskapi: process 'web' exited with code 0; the others were stopped"
    )
    assert len(shown) == 30
    assert bench.records.services() == ()


def test_attended_service_that_somebody_else_replaced_is_left_alone(
    bench: Bench, memory: MemoryEngine
) -> None:
    runs = bench.up(WEB)
    bench.up(WEB)
    bench.services().attend(runs, show=lambda _name, _line: None, ready=lambda: None)
    assert memory.running() == ["web"]
    assert bench.notes()[-1] == "taskapi: was replaced or taken down by another longshore"


def test_processes_are_selected_by_folder_and_name(bench: Bench) -> None:
    with pytest.raises(UsageError, match="nothing of /project was started"):
        bench.services().select(Path("/project"))
    bench.up(WEB, WORKER)
    found = bench.services().select(Path("/project"))
    assert [run.process for run in found] == ["web", "worker"]
    assert bench.services().select(Path("/project"), "web") == found[:1]
    with pytest.raises(UsageError) as caught:
        bench.services().select(Path("/project"), "wep")
    assert caught.value.hint == "choose one of web, worker"


def test_command_runs_in_the_image_and_its_exit_code_is_returned(
    bench: Bench, memory: MemoryEngine
) -> None:
    broken = MemoryEngine("broken")
    broken.behaviour["run"] = "refuse"
    code = run_command(
        bench.launch().project,
        ("alembic", "current"),
        engines=Engines((broken, memory), reporter=RecordingReporter()),
        lending=bench.lending(),
        choice="auto",
        layout=bench.layout,
        descriptor=IMAGE,
        settings=Settings(given={"A": Secret("1")}, environment={"TOKEN": "t"}),
    )
    assert code == 5
    spec = memory.specs[0]
    assert (spec.entrypoint, spec.args) == (("alembic",), ("current",))
    assert {name: value.reveal() for name, value in memory.specs[0].env.items()} == {
        "A": "1",
        "TOKEN": "t",
    }
