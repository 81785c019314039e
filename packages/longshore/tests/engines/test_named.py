"""Processes that are asked for by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from longshore.engines.interface import LoadedImage, RunState, RunStatus
from longshore.engines.named import check_alone, find_named
from longshore.engines.plan import plan_named, plan_service
from longshore.errors import DeployError, UsageError
from longshore.oci.config import ImageConfig
from longshore.testing.engine import MemoryEngine
from longshore.testing.services import ServiceBench
from longshore.types import CommandLine, Digest, Process, ProcessKind, Resources, Secret

COMMAND = CommandLine(("tool", "--all"))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND, port=8000)
ADMIN = replace(WEB, name="admin")
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND)
BEAT = Process(name="beat", kind=ProcessKind.SCHEDULER, serve=COMMAND)
MIGRATE = Process(name="migrate", kind=ProcessKind.RELEASE, serve=COMMAND)
PURGE = Process(
    name="purge",
    kind=ProcessKind.CRON,
    serve=COMMAND,
    schedule="0 3 * * *",
    env={"AGE": "30"},
    resources=Resources(memory_bytes=1 << 20),
)
ALL = (ADMIN, BEAT, MIGRATE, PURGE, WEB, WORKER)


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> ServiceBench:
    memory.behaviour["migrate"] = "exit 0"
    return ServiceBench(tmp_path, *ALL, engines=(memory,))


def test_only_named_processes_are_planned_after_what_runs_before(bench: ServiceBench) -> None:
    plan = bench.launch(only=("worker", "web")).plan()
    assert [process.name for process in plan.processes] == ["migrate", "web", "worker"]


def test_port_of_a_process_does_not_depend_on_which_others_are_named(bench: ServiceBench) -> None:
    project = bench.launch().project
    assert plan_service(project).ports == {"web": 8000, "admin": 8001}
    assert plan_service(project, only=("admin",)).ports == {"admin": 8001}
    assert plan_service(project, only=("admin",), port=9000).ports == {"admin": 9000}


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("wrker", "taskapi has no process 'wrker'", "did you mean 'worker'?"),
        ("zzz", "taskapi has no process 'zzz'", "choose from web, admin, worker, beat"),
        (
            "purge",
            "process 'purge' does not keep running: it runs by its schedule",
            "run it once, by itself: longshore run purge",
        ),
    ],
)
def test_name_that_can_not_be_started_says_which_can(
    bench: ServiceBench, name: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        bench.launcher().check(bench.launch(only=("web", name)))
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_second_up_of_one_process_leaves_the_others_alone(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    bench.up(WEB, WORKER, MIGRATE)
    memory.calls.clear()
    bench.up(WEB, WORKER, MIGRATE, only=("worker",))
    assert "stop web 25" not in memory.calls
    assert memory.calls[-1] == "start worker"
    assert sorted(memory.running()) == ["web", "worker"]


def test_end_of_an_attended_process_leaves_those_of_another_up_alone(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    bench.up(WEB, WORKER, only=("worker",))
    runs = bench.up(WEB, WORKER, only=("web",))
    memory.stop(runs[0], grace=0)
    with pytest.raises(DeployError, match="process 'web' exited"):
        bench.services().attend(runs, show=lambda *_: None, ready=lambda: None)
    assert memory.running() == ["worker"]
    assert [run.process for run in bench.records.runs("taskapi")] == ["worker"]


def test_one_word_that_is_a_process_is_that_process(bench: ServiceBench) -> None:
    project = bench.launch().project
    assert find_named(project, ("purge",)) is PURGE
    assert find_named(project, ("python",)) is None
    assert find_named(project, ("purge", "--help")) is None
    with pytest.raises(UsageError) as caught:
        find_named(project, ("web",))
    assert caught.value.hint == "start it alone: longshore up web"


def test_named_process_runs_its_command_with_its_own_settings() -> None:
    image = LoadedImage(digest=Digest.of(b""), config=ImageConfig(), location="here")
    given = {"TOKEN": Secret("t")}
    spec = plan_named(PURGE, image, run_id="1", service="taskapi", settings=given)
    assert (spec.process, spec.entrypoint, spec.args) == ("purge", ("tool",), ("--all",))
    assert spec.env["AGE"].reveal() == "30"
    assert spec.env["TOKEN"].reveal() == "t"
    assert spec.memory_bytes == 1 << 20
    assert spec.port is None


@pytest.mark.parametrize("process", [BEAT, replace(WORKER, singleton=True)])
def test_singleton_does_not_run_beside_itself(bench: ServiceBench, process: Process) -> None:
    bench.up(process)
    observed = bench.services().observe("taskapi")
    with pytest.raises(UsageError, match="must not run twice"):
        check_alone(process, observed)
    check_alone(replace(process, name="other"), observed)
    ended = RunState(status=RunStatus.EXITED, exit_code=0)
    check_alone(process, [(run, ended) for run, _ in observed])
