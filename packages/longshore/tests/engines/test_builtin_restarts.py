"""What the builtin engine's supervisor starts again, with real namespaces and a shell."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from longshore.engines.builtin import BuiltinEngine
from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import LoadedImage, Run, RunSpec, RunState, RunStatus, Volume
from longshore.engines.readiness import wait_until_over
from longshore.engines.reasons import describe_state
from longshore.engines.restart import Ending, RestartRule
from longshore.engines.rootfs import RootfsCache
from longshore.engines.status import RunFiles, Status
from longshore.types import NullReporter

QUICK = RestartRule(first_pause=0.01, growth=1)
STAY = "echo up $$; while :; do sleep 0.02; done"
PATIENCE = 20.0


class Place:
    """One process of the builtin engine."""

    def __init__(self, folder: Path, image: LoadedImage, run: Run) -> None:
        self._volumes = folder / "volumes"
        self.engine = BuiltinEngine(
            runs=folder / "runs",
            volumes=self._volumes,
            rootfs=RootfsCache(folder / "rootfs", reporter=NullReporter()),
        )
        self.run = run
        self.files = RunFiles(folder=folder / "runs" / run.service, process=run.process)
        self._image = image

    def start(self, script: str, rule: RestartRule | None = QUICK) -> None:
        """Start a script, and keep it by a rule."""
        spec = RunSpec(
            run_id=self.run.run_id,
            service=self.run.service,
            process=self.run.process,
            image=self._image,
            args=(f"until [ -e /data/go ]; do sleep 0.02; done; {script}",),
            volumes=(Volume(name="data", target=PurePosixPath("/data")),),
        )
        gate = self._volumes / self.run.service / "data" / "go"
        gate.unlink(missing_ok=True)
        self.engine.start(spec)
        if rule is not None:
            self.engine.keep(self.run, rule)
        gate.touch()

    def status(self) -> Status:
        status = Status.read(self.files.status)
        assert status is not None
        return status

    def kill(self) -> ProcessIdentity:
        """Kill the launcher, and return who was process 1 inside."""
        launcher = self.status().process
        assert launcher is not None
        children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
        init = ProcessIdentity.of(int(children[0]))
        assert init is not None
        launcher.send(signal.SIGKILL)
        return init

    def until(self, check: Callable[[RunState], bool]) -> RunState:
        """Return the first state that passes."""
        deadline = time.monotonic() + PATIENCE
        while not check(state := self.engine.state(self.run)):
            assert time.monotonic() < deadline, state
            time.sleep(0.01)
        return state

    def again(self, count: int) -> RunState:
        """Wait until it runs after so many restarts."""
        return self.until(lambda it: it.restarts.count >= count and it.status is RunStatus.RUNNING)

    def lines(self) -> list[bytes]:
        return list(self.engine.logs(self.run))


@pytest.fixture
def place(tmp_path: Path, shell: LoadedImage, make_run: Callable[..., Run]) -> Iterator[Place]:
    place = Place(tmp_path, shell, make_run())
    yield place
    place.engine.remove(place.run)
    assert list(place.files.folder.iterdir()) == []


def test_killed_process_runs_again_with_the_same_log(place: Place) -> None:
    place.start(STAY)
    place.until(lambda _: place.lines() != [])
    for count in (1, 2):
        place.kill()
        assert place.again(count).restarts.last == Ending(exit_code=137)
    assert describe_state(place.again(2)) == "running (restarted 2x, last exit: SIGKILL)"
    place.until(lambda _: len(place.lines()) == 3)
    assert {line.split()[0] for line in place.lines()} == {b"up"}


def test_next_start_waits_until_nothing_of_the_one_before_is_left(place: Place) -> None:
    place.start(STAY, replace(QUICK, first_pause=0))
    for count in range(1, 4):
        init = place.kill()
        place.again(count)
        assert not init.is_alive


def test_followed_log_goes_on_over_restarts(place: Place) -> None:
    place.start("echo up; exit 1", None)
    wait_until_over(place.run, place.engine)
    place.start("echo up; exit 1", replace(QUICK, limit=2, first_pause=0.1))
    assert list(place.engine.logs(place.run, follow=True)) == [b"up"] * 3


def test_it_is_given_up_after_some_failures_in_a_row(place: Place) -> None:
    place.start("exit 3")
    state = wait_until_over(place.run, place.engine)
    assert (state.exit_code, state.restarts.count) == (3, 5)
    assert describe_state(state) == "exited (3; restarted 5x)"


def test_success_is_the_end_unless_it_is_to_run_always(place: Place) -> None:
    place.start("exit 0")
    assert wait_until_over(place.run, place.engine).restarts.count == 0
    place.start("exit 0", replace(QUICK, after_success=True))
    place.until(lambda state: state.restarts.count >= 2)


def test_process_without_a_rule_ends_for_good(place: Place) -> None:
    place.start("exit 4", None)
    assert wait_until_over(place.run, place.engine).restarts.count == 0


@pytest.mark.parametrize("grace", [0, 5])
def test_stop_in_the_pause_is_the_end(place: Place, grace: float) -> None:
    place.start("exit 1", replace(QUICK, first_pause=600))
    state = place.until(lambda state: state.status is RunStatus.RESTARTING)
    assert describe_state(state) == "restarting (restarted 1x, last exit: 1)"
    begun = time.monotonic()
    place.engine.stop(place.run, grace=grace)
    assert time.monotonic() - begun < 4
    assert place.engine.state(place.run).status is RunStatus.EXITED
    assert place.status().living() == ()


@pytest.mark.parametrize("grace", [0, 5])
def test_stop_of_what_dies_all_the_time_is_the_end(place: Place, grace: float) -> None:
    rule = replace(QUICK, first_pause=0, limit=None)
    place.start("sleep 0.1; exit 1", rule)
    place.until(lambda state: state.restarts.count >= 1)
    place.engine.stop(place.run, grace=grace)
    count = place.engine.state(place.run).restarts.count
    assert place.status().living() == ()
    assert place.engine.state(place.run).is_over
    assert place.engine.state(place.run).restarts.count == count


def test_supervisor_that_is_killed_in_the_pause_starts_nothing(place: Place) -> None:
    place.start("exit 1", replace(QUICK, first_pause=600))
    place.until(lambda state: state.status is RunStatus.RESTARTING)
    place.status().supervisor.send(signal.SIGKILL)
    place.until(lambda state: state.is_over)
    place.start(STAY)
    place.again(0)


def test_project_that_shadows_a_module_is_not_imported(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    place.start("exit 6", None)
    assert wait_until_over(place.run, place.engine).exit_code == 6
