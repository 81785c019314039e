"""Which processes of a service are kept, and what whoever attends hears of it."""

from dataclasses import replace
from os import getpid
from pathlib import Path
from typing import Protocol

import pytest

from longshore.engines.container import with_restarts
from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import Restarts, Run, RunState, RunStatus
from longshore.engines.restart import Ending, RestartRule
from longshore.engines.restart_news import RestartNews
from longshore.engines.status import Status
from longshore.errors import DeployError
from longshore.testing.engine import MemoryEngine
from longshore.testing.services import ServiceBench
from longshore.types import CommandLine, Process, ProcessKind, Restart

COMMAND = CommandLine(("true",))
WEB = Process(name="web", kind=ProcessKind.WEB, serve=COMMAND)
WORKER = Process(name="worker", kind=ProcessKind.WORKER, serve=COMMAND)
MIGRATE = Process(name="migrate", kind=ProcessKind.RELEASE, serve=COMMAND)


class MakeRun(Protocol):
    def __call__(self, **changes: object) -> Run: ...


@pytest.fixture
def bench(tmp_path: Path, memory: MemoryEngine) -> ServiceBench:
    memory.behaviour["migrate"] = "exit 0"
    return ServiceBench(tmp_path, WEB, WORKER, MIGRATE, engines=(memory,))


def test_what_lasts_is_kept_by_its_policy_once_all_is_ready(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    always = replace(WORKER, name="always", restart=Restart.ALWAYS)
    never = replace(WORKER, name="never", restart=Restart.NO)
    bench.up(WEB, always, never, MIGRATE)
    assert memory.rules == {
        "web": RestartRule(),
        "always": RestartRule(after_success=True, limit=None),
    }


def test_what_dies_at_the_start_is_not_kept(bench: ServiceBench, memory: MemoryEngine) -> None:
    memory.behaviour["worker"] = "exit 1"
    with pytest.raises(DeployError, match="exited with code 1"):
        bench.up()
    assert memory.rules == {}


def test_nothing_is_kept_where_every_change_starts_everything(
    bench: ServiceBench, memory: MemoryEngine
) -> None:
    bench.up(keep=False)
    assert memory.rules == {}


def test_worker_whose_work_is_done_ends_nothing(bench: ServiceBench, memory: MemoryEngine) -> None:
    runs = bench.up(WORKER)
    memory.stop(runs[0], grace=0)
    bench.services().attend(runs, show=lambda *_: None, ready=lambda: None)
    assert bench.notes() == ["worker: has done its work (exited with code 0)"]
    assert bench.records.services() == ()


def test_each_restart_is_told_once(
    memory: MemoryEngine, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, told = make_run(process="worker"), []
    restarts = Restarts(count=1, last=Ending(exit_code=1), pause=0.1)
    monkeypatch.setattr(memory, "restarts", lambda _: restarts)
    news = RestartNews(memory, [run], tell=lambda *what: told.append(what))
    news.look()
    restarts = Restarts(count=2, last=Ending(exit_code=137), pause=0.3)
    news._next = 0  # the time for the next look has come
    news.look()
    news.look()
    assert told == [("worker", "ended: SIGKILL; started again after 0.3 s")]


def test_container_that_is_kept_is_not_over(make_run: MakeRun) -> None:
    alive = ProcessIdentity.of(getpid())
    assert alive is not None
    run, exited = make_run(run_id="1"), RunState(status=RunStatus.EXITED, exit_code=1)
    status = Status(run_id="1", supervisor=alive)
    dead = replace(status, supervisor=replace(alive, start=alive.start - 1))
    assert with_restarts(exited, None, run) == exited
    assert with_restarts(exited, replace(status, run_id="2"), run) == exited
    assert with_restarts(exited, status, run).status is RunStatus.RESTARTING
    assert with_restarts(exited, dead, run) == exited
    given_up = replace(status.restarting(Ending(exit_code=1), pause=1), exit_code=1)
    assert with_restarts(exited, given_up, run) == replace(exited, restarts=given_up.restarts)
