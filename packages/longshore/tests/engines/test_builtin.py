"""The builtin engine with real namespaces and a shell."""

import os
import signal
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from longshore.engines.builtin import BuiltinEngine, command_of
from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    Run,
    RunSpec,
    RunState,
    RunStatus,
    Volume,
)
from longshore.engines.readiness import wait_until_over
from longshore.engines.rootfs import RootfsCache
from longshore.engines.status import RunFiles, Status
from longshore.errors import DeployError
from longshore.types import NullReporter, Secret

MakeRun = Callable[..., Run]
WAIT_FOR_TERM = "trap 'echo drained; exit 7' TERM; echo up; while :; do sleep 0.02; done"


@pytest.fixture
def engine(tmp_path: Path) -> BuiltinEngine:
    return BuiltinEngine(
        runs=tmp_path / "runs",
        volumes=tmp_path / "volumes",
        rootfs=RootfsCache(tmp_path / "rootfs", reporter=NullReporter()),
    )


class Starter:
    """Starts scripts and removes them afterwards."""

    def __init__(self, engine: BuiltinEngine, image: LoadedImage, make_run: MakeRun) -> None:
        self.engine = engine
        self.image = image
        self.make_run = make_run
        self.runs: list[Run] = []

    def __call__(self, script: str, **changes: object) -> Run:
        spec = RunSpec(
            run_id=f"{len(self.runs):016x}",
            service="taskapi",
            process="web",
            image=self.image,
            args=(script,),
        )
        self.engine.start(replace(spec, **changes))  # type: ignore[arg-type]
        self.runs.append(self.make_run(run_id=spec.run_id))
        return self.runs[-1]

    def lines(self, run: Run, **options: object) -> list[bytes]:
        return list(self.engine.logs(run, **options))  # type: ignore[arg-type]


@pytest.fixture
def start(engine: BuiltinEngine, shell: LoadedImage, make_run: MakeRun) -> Iterator[Starter]:
    starter = Starter(engine, shell, make_run)
    yield starter
    for run in starter.runs:
        engine.remove(run)


def status_of(tmp_path: Path) -> Status:
    status = Status.read(RunFiles(folder=tmp_path / "runs/taskapi", process="web").status)
    assert status is not None
    return status


def first_line(start: Starter, run: Run) -> bytes:
    log = start.engine.logs(run, follow=True)
    line = next(iter(log))
    log.close()
    return line


def test_machine_with_namespaces_can_run_it(engine: BuiltinEngine, shell: LoadedImage) -> None:
    del shell  # skips where there are none
    assert engine.available() is None


def test_process_runs_until_its_end_and_its_output_and_code_stay(start: Starter) -> None:
    run = start("echo out; echo err >&2; exit 3")
    assert wait_until_over(run, start.engine) == RunState(status=RunStatus.EXITED, exit_code=3)
    assert start.lines(run) == [b"out", b"err"]
    assert start.lines(run, tail=1) == [b"err"]


def test_process_has_the_images_environment_and_the_settings(
    start: Starter, tmp_path: Path
) -> None:
    run = start('echo "$PATH $TOKEN"; pwd', env={"TOKEN": Secret("hunter2")})
    wait_until_over(run, start.engine)
    assert start.lines(run) == [b"/usr/bin:/bin hunter2", b"/app"]
    kept = [path for path in (tmp_path / "runs").rglob("*") if path.suffix in (".status", ".json")]
    assert kept
    assert not any("hunter2" in path.read_text() for path in kept)


def test_settings_are_on_no_command_line(start: Starter, tmp_path: Path) -> None:
    start(WAIT_FOR_TERM, env={"TOKEN": Secret("hunter2")})
    status = status_of(tmp_path)
    assert status.process is not None
    for identity in (status.supervisor, status.process):
        folder = Path("/proc") / str(identity.pid)
        assert b"hunter2" not in (folder / "cmdline").read_bytes()
        assert b"hunter2" not in (folder / "environ").read_bytes()


def test_callers_environment_is_not_handed_to_the_supervisor(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_TOKEN", "hunter2")
    start(WAIT_FOR_TERM)
    environ = Path("/proc") / str(status_of(tmp_path).supervisor.pid) / "environ"
    assert b"hunter2" not in environ.read_bytes()


def test_log_is_private(start: Starter, tmp_path: Path) -> None:
    wait_until_over(start("echo out"), start.engine)
    assert stat.S_IMODE((tmp_path / "runs/taskapi/web.log").stat().st_mode) == 0o600


def test_running_process_is_running_and_sigterm_gives_it_its_time(start: Starter) -> None:
    run = start(WAIT_FOR_TERM)
    assert first_line(start, run) == b"up"
    assert start.engine.state(run).status is RunStatus.RUNNING
    start.engine.stop(run, grace=10)
    assert start.engine.state(run) == RunState(status=RunStatus.EXITED, exit_code=7)
    assert start.lines(run, follow=True) == [b"up", b"drained"]


def test_process_that_does_not_heed_sigterm_is_killed(start: Starter) -> None:
    run = start("trap '' TERM; echo up; while :; do sleep 0.02; done")
    assert first_line(start, run) == b"up"
    start.engine.stop(run, grace=0.1)
    state = start.engine.state(run)
    assert state == RunState(status=RunStatus.EXITED, exit_code=128 + signal.SIGKILL)


def test_killed_supervisor_leaves_a_process_that_can_be_stopped(
    start: Starter, tmp_path: Path
) -> None:
    run = start(WAIT_FOR_TERM)
    first_line(start, run)
    status = status_of(tmp_path)
    assert status.supervisor.send(signal.SIGKILL)
    assert status.supervisor.wait(10)
    assert start.engine.state(run).status is RunStatus.RUNNING
    start.engine.stop(run, grace=10)
    assert start.lines(run) == [b"up", b"drained"]
    assert start.engine.state(run) == RunState(status=RunStatus.EXITED, exit_code=None)


def test_process_that_a_killed_supervisor_never_named_is_found_by_its_session(
    start: Starter, tmp_path: Path
) -> None:
    run = start(WAIT_FOR_TERM)
    first_line(start, run)
    status = status_of(tmp_path)
    status.supervisor.send(signal.SIGKILL)
    status.supervisor.wait(10)
    assert status.process is not None
    replace(status, process=None).write(tmp_path / "runs/taskapi/web.status")
    start.engine.remove(run)
    assert status.process.wait(0)
    assert not status.process.is_alive


def test_supervisor_whose_start_was_called_off_starts_nothing(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def write_nothing(self: Path, text: str, encoding: str | None = None) -> int:
        return 0 if self.suffix == ".pending" else write(self, text, encoding)

    monkeypatch.setattr(Path, "write_text", write_nothing)
    with pytest.raises(EngineError, match="the supervisor ended without an answer"):
        start("echo up")
    assert not (tmp_path / "runs/taskapi/web.log").exists()


def test_another_start_of_the_process_ends_the_one_before(start: Starter, tmp_path: Path) -> None:
    first = start(WAIT_FOR_TERM)
    process = status_of(tmp_path).process
    second = start("echo second; exit 0")
    assert process is not None
    assert not process.is_alive
    assert start.engine.state(first).status is RunStatus.GONE
    wait_until_over(second, start.engine)
    assert start.lines(second) == [b"second"]


def test_removed_run_is_gone_with_its_files(start: Starter, tmp_path: Path) -> None:
    run = start(WAIT_FOR_TERM)
    start.engine.remove(run)
    assert start.engine.state(run) == RunState(status=RunStatus.GONE)
    assert list((tmp_path / "runs/taskapi").iterdir()) == []


def test_missing_program_is_an_error_that_names_it_and_leaves_nothing(
    start: Starter, tmp_path: Path
) -> None:
    config = replace(start.image.config, entrypoint=("/bin/absent",))
    with pytest.raises(DeployError) as caught:
        start("", image=replace(start.image, config=config))
    assert caught.value.message.startswith("taskapi: can't start process 'web': '/bin/absent' in")
    assert list((tmp_path / "runs/taskapi").iterdir()) == []


def test_only_volumes_are_writable_and_they_outlive_the_run(start: Starter, tmp_path: Path) -> None:
    volume = Volume(name="data", target=PurePosixPath("/data"))
    first = start("echo kept > /data/file; echo lost > /tmp/file; echo no > /app/file; exit 5")
    wait_until_over(first, start.engine)
    assert b"Read-only file system" in b"".join(start.lines(first))
    assert start.engine.volume_path("taskapi", "data") is None
    script = "echo kept > /data/file; cat /data/file"
    wait_until_over(start(script, volumes=(volume,)), start.engine)
    again = start("cat /data/file", volumes=(volume,))
    wait_until_over(again, start.engine)
    assert start.lines(again) == [b"kept"]
    assert start.engine.volume_path("taskapi", "data") == tmp_path / "volumes/taskapi/data"
    assert (tmp_path / "volumes/taskapi/data/file").read_text() == "kept\n"
    assert start.engine.remove_volumes("taskapi") == ("data",)
    assert start.engine.remove_volumes("taskapi") == ()
    assert not (tmp_path / "volumes/taskapi").exists()


def test_foreground_command_passes_its_exit_code_through(
    engine: BuiltinEngine, shell: LoadedImage, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = RunSpec(
        run_id="1",
        service="s",
        process="run",
        image=shell,
        args=("echo out; echo err >&2; exit 4",),
    )
    assert engine.run(spec) == 4
    assert capfd.readouterr() == ("out\n", "err\n")
    assert engine.run(replace(spec, args=("kill -9 $$",))) == 137
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_command_is_the_entry_point_with_the_images_arguments_or_the_runs(
    shell: LoadedImage,
) -> None:
    spec = RunSpec(run_id="1", service="s", process="web", image=shell)
    assert command_of(spec, mounts=()).argv[-2:] == ("-c", "echo default")
    assert command_of(replace(spec, args=("x",)), mounts=()).argv[-2:] == ("-c", "x")


def test_supervisor_is_no_child_of_the_caller(start: Starter, tmp_path: Path) -> None:
    start(WAIT_FOR_TERM)
    supervisor = status_of(tmp_path).supervisor
    stat_line = (Path("/proc") / str(supervisor.pid) / "stat").read_text()
    parent, _, session = stat_line.rpartition(")")[2].split()[1:4]
    assert int(parent) != os.getpid()
    assert int(session) == supervisor.pid
    assert ProcessIdentity.of(supervisor.pid) == supervisor
