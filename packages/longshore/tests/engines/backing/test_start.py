"""Starting what the processes use, leaving it alone, and lending it to a command."""

from dataclasses import replace
from pathlib import Path

import pytest

from longshore.config import ServiceConfig, ServiceKind
from longshore.engines.choose import Engines
from longshore.engines.command import run_command
from longshore.engines.interface import Engine, EngineError, RunStatus
from longshore.engines.restart import RestartRule
from longshore.engines.settings import Settings
from longshore.errors import DeployError, PreflightError, ProjectError
from longshore.testing import RecordingReporter
from longshore.testing.engine import Killed, MemoryEngine
from longshore.testing.services import IMAGE, SERVICE, ServiceBench
from longshore.types import CommandLine, Digest, Process, ProcessKind, Reference, Secret

COMMAND = CommandLine(("true",))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND, secrets=("MAIL",))
MAIL = ServiceConfig(
    name="mail",
    image=Reference(repository="mail"),
    kind=ServiceKind.OTHER,
    port=25,
    addresses={"MAIL": "{host}:{port}"},
)
STORE = replace(MAIL, name="store", port=99, addresses={"STORE": "{port}"})


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> ServiceBench:
    """A project that uses something, on a machine with an engine in memory."""
    return ServiceBench(tmp_path, WEB, engines=(memory,))


def _steps(memory: MemoryEngine) -> list[str]:
    steps = [call for call in memory.calls if call != "load"]
    memory.calls.clear()
    return steps


def _ports(bench: ServiceBench) -> dict[str, int | None]:
    return {run.process: run.port for run in bench.records.runs(SERVICE)}


def _variables(memory: MemoryEngine, process: str) -> dict[str, str]:
    spec = [spec for spec in memory.specs if spec.process == process][-1]
    return {name: value.reveal() for name, value in spec.env.items()}


def test_what_is_used_starts_first_and_its_address_is_given(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    runs = bench.up(uses=(MAIL, STORE))
    assert [run.process for run in runs] == ["web"]
    assert _steps(memory) == ["start mail", "start store", "start web"]
    ports = _ports(bench)
    given = _variables(memory, "web")
    assert given["MAIL"] == f"127.0.0.1:{ports['mail']}"
    assert given["STORE"] == str(ports["store"])
    assert [spec.networked for spec in memory.specs] == [True, True, True]
    assert bench.notes()[0] == "mail: a stand-in stands in for mail: there is no other"


@pytest.mark.parametrize(("keep", "kept"), [(True, {"mail", "web"}), (False, {"mail"})])
def test_what_is_used_is_started_again_when_it_crashes(
    bench: ServiceBench,
    memory: MemoryEngine,
    keep: bool,
    kept: set[str],
) -> None:
    bench.up(uses=(MAIL,), keep=keep)
    assert memory.rules == dict.fromkeys(kept, RestartRule())


def test_the_users_own_value_wins_and_that_is_said(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    settings = Settings(given={"MAIL": Secret("theirs")})
    own = replace(WEB, env={"STORE": "its own"})
    bench.up(own, uses=(MAIL, STORE), settings=settings)
    given = _variables(memory, "web")
    assert (given["MAIL"], given["STORE"]) == ("theirs", "its own")
    assert bench.notes()[-2:] == [
        "web: MAIL is the one that it was given",
        "web: STORE is the one that it was given",
    ]


def test_a_secret_that_a_service_provides_is_not_missing(bench: ServiceBench) -> None:
    bench.launcher().check(bench.launch(uses=(MAIL,)))
    with pytest.raises(PreflightError, match="secret MAIL"):
        bench.launcher().check(bench.launch())
    lacking = replace(WEB, secrets=("DATABASE_URL",))
    with pytest.raises(PreflightError) as caught:
        bench.launcher().check(bench.launch(lacking))
    assert "postgres:17" in (caught.value.hint or "")


def test_a_service_is_not_called_like_a_process(bench: ServiceBench) -> None:
    with pytest.raises(ProjectError, match="a process has that name"):
        bench.launcher().check(bench.launch(uses=(replace(MAIL, name="web"),)))


def test_what_has_not_changed_is_left_alone(bench: ServiceBench, memory: MemoryEngine) -> None:
    bench.up(uses=(MAIL, STORE))
    ports = _ports(bench)
    _steps(memory)
    bench.up(uses=(MAIL, replace(STORE, env={"A": "1"})))
    assert _steps(memory) == [
        *("stop web 25", "remove web"),
        *("stop store 30", "remove store"),
        *("start store", "start web"),
    ]
    assert _ports(bench) == ports  # clients remember it
    assert bench.source.pulls == [True, True, False, False]
    bench.up(uses=(MAIL,))
    assert "stop store 30" in _steps(memory)
    bench.up()
    assert "stop mail 30" in _steps(memory)
    assert memory.running() == ["web"]


def test_another_image_or_one_that_has_ended_starts_again(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    bench.up(uses=(MAIL,))
    [mail] = [run for run in bench.records.runs(SERVICE) if run.backing]
    memory.stop(mail, grace=0)
    _steps(memory)
    bench.up(uses=(MAIL,))
    assert "start mail" in _steps(memory)
    bench.source.found = replace(
        bench.source.found, image=replace(bench.source.found.image, digest=Digest.of(b"newer"))
    )
    bench.up(uses=(MAIL,))
    assert "start mail" in _steps(memory)


def test_processes_end_before_what_they_use(bench: ServiceBench, memory: MemoryEngine) -> None:
    bench.up(uses=(MAIL,))
    _steps(memory)
    bench.down()
    assert _steps(memory) == ["stop web 25", "remove web", "stop mail 30", "remove mail"]


def test_what_is_used_goes_on_for_those_who_still_use_it(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    worker = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND)
    first = bench.up(WEB, worker, uses=(MAIL,), only=("web",))
    second = bench.up(WEB, worker, uses=(MAIL,), only=("worker",))
    bench.services()._end_attended(first, None)
    assert sorted(memory.running()) == ["mail", "worker"]
    bench.services()._end_attended(second, None)
    assert memory.running() == []
    assert bench.services().observe() == ()


def test_passwords_go_with_the_volumes(bench: ServiceBench) -> None:
    made = bench.passwords.get(SERVICE, "db")
    bench.down()
    assert bench.passwords.get(SERVICE, "db") == made
    bench.down(volumes=True)
    assert bench.passwords.get(SERVICE, "db") != made


def test_service_that_does_not_come_up_leaves_its_output_and_nothing_running(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    memory.behaviour["store"] = "exit 1"
    with pytest.raises(DeployError, match="'store' exited with code 1"):
        bench.up(uses=(MAIL, STORE))
    assert memory.running() == []
    states = {run.process: state.status for run, state in bench.services().observe()}
    assert states == {"mail": RunStatus.EXITED, "store": RunStatus.EXITED}


def test_while_it_is_worked_on_a_version_that_fails_does_not_take_the_services_along(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    memory.behaviour["worker"] = "exit 1"
    bad = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND)
    launch = bench.launch(bad, uses=(MAIL,))
    with pytest.raises(DeployError, match="'worker' exited"):
        bench.launcher().bring_up(launch, bench.layout, IMAGE, again=True)
    assert memory.running() == ["mail"]


def test_engine_that_refuses_the_first_service_is_passed_over(tmp_path: Path) -> None:
    first, second = MemoryEngine("first"), MemoryEngine("second")
    bench = ServiceBench(tmp_path, WEB, engines=(first, second))
    first.behaviour["mail"] = "refuse"
    bench.up(uses=(MAIL,))
    assert (first.running(), second.running()) == ([], ["mail", "web"])
    second.close()


def test_whatever_a_killed_program_left_the_next_one_cleans_up(tmp_path: Path) -> None:
    for step in range(8):
        memory = MemoryEngine()
        bench = ServiceBench(tmp_path / str(step), WEB, engines=(memory,))
        memory.fail_at = step
        finished = False
        try:
            bench.up(uses=(MAIL, STORE))
            finished = True
        except Killed:
            pass
        memory.fail_at = None
        bench.up(uses=(MAIL, STORE))
        assert sorted(memory.running()) == ["mail", "store", "web"]
        bench.down()
        assert memory.running() == []
        assert bench.services().observe() == ()
        memory.close()
        if finished:
            return
    pytest.fail("there are more steps than were tried")


# ---- for one command


def _run(bench: ServiceBench, *wanted: ServiceConfig, engines: tuple[Engine, ...] = ()) -> int:
    return run_command(
        bench.launch().project,
        ("psql",),
        engines=Engines(engines or bench.engines, reporter=RecordingReporter()),
        choice="auto",
        layout=bench.layout,
        descriptor=IMAGE,
        settings=Settings(given={}),
        lending=bench.lending(*wanted),
    )


def test_a_command_has_what_it_uses_for_as_long_as_it_runs(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    assert _run(bench, MAIL) == 5
    assert _steps(memory) == ["start mail", "stop mail 30", "remove mail"]
    assert _variables(memory, "run")["MAIL"].startswith("127.0.0.1:")
    assert bench.services().observe() == ()


def test_a_command_uses_what_runs_and_leaves_it_running(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    bench.up(uses=(MAIL,))
    _steps(memory)
    _run(bench, replace(MAIL, env={"A": "changed meanwhile"}), STORE)
    assert _steps(memory) == ["start store", "stop store 30", "remove store"]
    assert sorted(memory.running()) == ["mail", "web"]


def test_the_last_of_several_commands_stops_what_they_share(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    project = bench.launch().project
    with bench.lending(MAIL).lend(project, memory) as first:
        with bench.lending(MAIL).lend(project, memory) as second:
            assert first == second
        assert memory.running() == ["mail"]
    assert memory.running() == []


def test_up_takes_over_what_a_command_has_started(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    with bench.lending(MAIL).lend(bench.launch().project, memory):
        bench.up(uses=(MAIL,))
        assert [step for step in _steps(memory) if "mail" in step] == ["start mail"]
    assert sorted(memory.running()) == ["mail", "web"]


def test_a_command_goes_where_its_services_are(tmp_path: Path) -> None:
    first, second = MemoryEngine("first"), MemoryEngine("second")
    bench = ServiceBench(tmp_path, WEB, engines=(first, second))
    bench.up(uses=(MAIL,), engine="second")
    _run(bench, MAIL)
    assert (len(first.specs), second.specs[-1].process) == (0, "run")
    second.close()


def test_a_service_that_fails_leaves_nothing_for_a_command(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    memory.behaviour["store"] = "exit 1"
    with pytest.raises(DeployError, match="'store' exited"):
        _run(bench, MAIL, STORE)
    assert memory.running() == []
    assert bench.services().observe() == ()
    memory.behaviour["store"] = "refuse"
    with pytest.raises(EngineError):
        _run(bench, MAIL, STORE)
    assert memory.running() == []
