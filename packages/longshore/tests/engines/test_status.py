"""What supervisors tell."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import Restarts, RunState, RunStatus
from longshore.engines.restart import Ending, RestartRule
from longshore.engines.status import RunFiles, Status, read_restarts, read_state


@pytest.fixture
def alive() -> ProcessIdentity:
    identity = ProcessIdentity.of(os.getpid())
    assert identity is not None
    return identity


@pytest.fixture
def dead(alive: ProcessIdentity) -> ProcessIdentity:
    """The number of a living process, from before: it was used again."""
    return replace(alive, start=alive.start - 1)


def test_snapshot_survives_the_file(tmp_path: Path, alive: ProcessIdentity) -> None:
    first = Status(run_id="1", supervisor=alive)
    for status in (first, replace(first, process=alive), first.ended(3), replace(first, error="x")):
        status.write(tmp_path / "web.status")
        assert Status.read(tmp_path / "web.status") == status
    assert [path.name for path in tmp_path.iterdir()] == ["web.status"]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"supervisor": null}', "\x00"])
def test_damaged_file_is_no_snapshot(tmp_path: Path, content: str) -> None:
    (tmp_path / "web.status").write_text(content)
    assert Status.read(tmp_path / "web.status") is None


def test_states_follow_who_is_alive(alive: ProcessIdentity, dead: ProcessIdentity) -> None:
    starting = Status(run_id="1", supervisor=alive)
    assert starting.state() == RunState(status=RunStatus.STARTING)
    assert replace(starting, process=alive).state() == RunState(status=RunStatus.RUNNING)
    orphaned = Status(run_id="1", supervisor=dead, process=alive)
    assert orphaned.state() == RunState(status=RunStatus.RUNNING)
    lost = Status(run_id="1", supervisor=dead, process=dead)
    assert lost.state() == RunState(status=RunStatus.EXITED)
    assert lost.ended(0).state() == RunState(status=RunStatus.EXITED, exit_code=0)


def test_end_that_was_written_between_two_looks_is_seen(
    tmp_path: Path, dead: ProcessIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "web.status"
    before = Status(run_id="1", supervisor=dead, process=dead)
    before.write(path)
    look = Status.living

    def write_the_end_and_look(self: Status) -> tuple[ProcessIdentity, ...]:
        before.ended(3).write(path)
        return look(self)

    monkeypatch.setattr(Status, "living", write_the_end_and_look)
    assert read_state(path, run_id="1") == RunState(status=RunStatus.EXITED, exit_code=3)


def test_run_of_another_start_is_gone(tmp_path: Path, alive: ProcessIdentity) -> None:
    Status(run_id="1", supervisor=alive).write(tmp_path / "web.status")
    gone = RunState(status=RunStatus.GONE)
    assert read_state(tmp_path / "web.status", run_id="2") == gone
    assert read_state(tmp_path / "absent.status", run_id="1") == gone


def test_session_of_a_number_that_was_used_again_is_not_ours(dead: ProcessIdentity) -> None:
    assert Status(run_id="1", supervisor=dead).living() == ()


def test_restarts_survive_the_file_and_are_part_of_the_state(
    tmp_path: Path, alive: ProcessIdentity
) -> None:
    path = tmp_path / "web.status"
    ending = Ending(exit_code=137, out_of_memory=True)
    status = Status(run_id="1", supervisor=alive, process=alive).restarting(ending, pause=0.3)
    status.write(path)
    expected = Restarts(count=1, last=ending, pause=0.3)
    assert Status.read(path) == status
    assert read_restarts(path, run_id="1") == expected
    assert read_restarts(path, run_id="2") == Restarts()
    state = RunState(status=RunStatus.RESTARTING, restarts=expected)
    assert read_state(path, run_id="1") == state
    assert not state.is_over
    again = replace(status, process=alive).state()
    assert again == RunState(status=RunStatus.RUNNING, restarts=expected)


def test_status_of_an_earlier_version_has_no_restarts(
    tmp_path: Path, alive: ProcessIdentity
) -> None:
    path = tmp_path / "web.status"
    Status(run_id="1", supervisor=alive).write(path)
    document = json.loads(path.read_text())
    del document["restarts"]
    path.write_text(json.dumps(document))
    assert read_restarts(path, run_id="1") == Restarts()


def test_rule_is_that_of_one_start(tmp_path: Path) -> None:
    files = RunFiles(folder=tmp_path, process="web")
    assert files.rule(run_id="1") is None
    files.write_rule(RestartRule(limit=3), run_id="1")
    assert files.rule(run_id="1") == RestartRule(limit=3)
    assert files.rule(run_id="2") is None
    files.keep.write_text('{"run_id": "1", "ru')
    assert files.rule(run_id="1") is None
