"""Ctrl-C, SIGTERM and a closed terminal, at each step of `up`: nothing is left running."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import LONGSHORE, SERVICE, Bench, eventually, free_port, give_up

STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('stubborn', flush=True); time.sleep(600)"
)
"""A program that does not end when it is asked to."""

GRACE = 30
"""Seconds that it has; whoever waits for these has not killed it."""


@pytest.fixture(scope="module")
def engine() -> str:
    """What is told apart here is our own business: one engine is enough."""
    if reason := unusable("builtin"):
        give_up(f"engine builtin: {reason}")
    return "builtin"


@pytest.fixture(scope="module")
def stubborn(built: Bench, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The example with a migration and a worker that take their time."""
    project = tmp_path_factory.mktemp("stubborn") / "task-api"
    subprocess.run(["cp", "-r", str(built.project), str(project)], check=True)
    path = project / "pyproject.toml"
    head, table, _ = path.read_text().partition("[tool.longshore.processes.worker]")
    slow = "import os, time; time.sleep(float(os.environ.get('MIGRATION', '0')))"
    path.write_text(
        f"{head}{table}\n"
        f'command = ["python", "-c", "{STUBBORN}"]\ndrain = "{GRACE}s"\n'
        f'[tool.longshore.processes.migrate]\nrun = "before-deploy"\n'
        f'command = ["python", "-c", "{slow}"]\n'
    )
    return replace(built, project=project, engine=engine)


@pytest.fixture
def bench(stubborn: Bench) -> Iterator[Bench]:
    """That project, nothing of it running before and after."""
    bench = replace(stubborn, port=free_port())
    yield bench
    bench.down("--volumes")


def is_up(bench: Bench, process: str) -> bool:
    """Tell whether a process was started."""
    path = bench.record(process, "status")
    return path.exists() and bench.status(process).process is not None


def is_stubborn(bench: Bench) -> bool:
    """Tell whether the worker heeds SIGTERM no more."""
    log = bench.record("worker", "log")
    return log.exists() and b"stubborn" in log.read_bytes()


def assert_nothing_is_left(bench: Bench) -> None:
    assert bench.leftovers() == []
    assert not bench.is_listening()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_before_the_deploy_stops_what_runs(bench: Bench, number: signal.Signals) -> None:
    with bench.start(*bench.up_arguments, "-e", "MIGRATION=600") as up:
        eventually(partial(is_up, bench, "migrate"), what="the migration runs")
        up.send_signal(number)
        out, err = up.communicate(timeout=60)
    assert (up.returncode, out) == (130, "")
    assert f"stopped service {SERVICE} migrate" in err
    assert err.endswith("interrupted\n")
    assert_nothing_is_left(bench)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_kills_what_does_not_stop(bench: Bench, number: signal.Signals) -> None:
    begun = time.monotonic()
    with bench.start(*bench.up_arguments) as up:
        eventually(partial(is_stubborn, bench), what="the worker heeds no signal")
        eventually(bench.is_listening, what="web was started")
        up.send_signal(number)
        eventually(lambda: not bench.is_listening(), what="web was stopped")
        up.send_signal(number)
        _, err = up.communicate(timeout=60)
    assert up.returncode == 130, err
    assert f"stopped service {SERVICE} worker" in err
    assert time.monotonic() - begun < GRACE + 10
    assert_nothing_is_left(bench)


def test_closed_terminal_stops_everything(bench: Bench) -> None:
    master, slave = pty.openpty()
    up = subprocess.Popen(
        [LONGSHORE, *bench.up_arguments[:-2], "-e", "TASKAPI_API_TOKEN=x" * 20, "web"],
        cwd=bench.project,
        env=dict(bench.environment),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=partial(_take, slave),  # noqa: PLW1509 - this program has no other thread
    )
    os.close(slave)
    shown = b""
    while f"http://127.0.0.1:{bench.port}".encode() not in shown:
        shown += os.read(master, 4096)
    os.close(master)
    assert up.wait(timeout=60) is not None
    assert_nothing_is_left(bench)


def _take(terminal: int) -> None:
    """Make it the controlling terminal of this session (tty_ioctl(4))."""
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_nohup_outlives_its_terminal(bench: Bench, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        up = subprocess.Popen(
            ["nohup", str(LONGSHORE), *bench.up_arguments, "web"],
            cwd=bench.project,
            env=dict(bench.environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    eventually(lambda: b"http://" in (tmp_path / "out").read_bytes(), what="it is ready")
    up.send_signal(signal.SIGHUP)
    assert bench.ask("GET", "/readyz").status == 200
    up.send_signal(signal.SIGTERM)
    assert up.wait(timeout=60) == 0
    assert_nothing_is_left(bench)
