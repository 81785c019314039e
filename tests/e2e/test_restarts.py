"""What crashes after the service was ready is started again, by both engines alike."""

import json
import signal
from functools import partial
from typing import Any

from tests.e2e.harness import SERVICE, Bench, eventually

from longshore.engines.status import Status

FAILURES = 6
"""In a row: after the last one, it is given up."""


def observed(bench: Bench, process: str) -> dict[str, Any]:
    """Return what `ps` tells about a process."""
    listed = json.loads(bench.run("ps", "--format", "json").stdout)
    found: dict[str, Any] = next(entry for entry in listed if entry["process"] == process)
    return found


def kill(bench: Bench, process: str) -> None:
    """Kill a process, and wait until that was noticed."""
    before = observed(bench, process)["restarts"]["count"]
    bench.kill(process)
    eventually(
        lambda: (
            observed(bench, process)["restarts"]["count"] > before
            or observed(bench, process)["state"] == "exited"
        ),
        what=f"the end of {process} was noticed",
    )


def runs(bench: Bench, process: str) -> bool:
    """Tell whether a process runs."""
    return bool(observed(bench, process)["state"] == "running")


def has_said_more(bench: Bench, process: str, before: str) -> bool:
    """Tell whether a log is longer than it was."""
    return len(bench.run("logs", process).stdout) > len(before)


def is_noticed(bench: Bench, known: int) -> bool:
    """Tell whether the worker has ended once more than is known, or for good."""
    status = Status.read(bench.record("worker", "status"))
    return status is None or status.restarts.count > known or status.exit_code is not None


def test_killed_process_runs_again_without_us_and_its_log_goes_on(bench: Bench) -> None:
    bench.up()
    for process in ("worker", "web"):
        first = bench.run("logs", process).stdout
        kill(bench, process)
        eventually(partial(runs, bench, process), what=f"{process} runs again")
        eventually(partial(has_said_more, bench, process, first), what="it says something again")
        assert bench.run("logs", process).stdout.startswith(first)
        found = observed(bench, process)
        assert found["restarts"] == {
            "count": 1,
            "last_exit_code": 137,
            "last_out_of_memory": False,
        }
    assert "running (restarted 1x, last exit: SIGKILL)" in bench.run("ps").stdout
    assert eventually(bench.is_listening, what="web listens again")
    assert bench.down().returncode == 0
    assert bench.leftovers() == []
    assert not bench.is_listening()


def test_foreground_tells_of_restarts_and_gives_up_with_the_reason(bench: Bench) -> None:
    with bench.start(*bench.up_arguments) as up:
        assert up.stdout is not None
        up.stdout.readline()
        for count in range(FAILURES):
            eventually(lambda: runs(bench, "worker"), what="the worker runs")
            bench.kill("worker")
            eventually(partial(is_noticed, bench, count), what="its end was noticed")
        out, err = up.communicate(timeout=60)
    assert up.returncode == 8
    assert "worker: ended: SIGKILL; started again after 0.1 s" in err
    assert "worker: ended: SIGKILL; started again after 8.1 s" in err
    assert (
        f"error: {SERVICE}: process 'worker' ended: SIGKILL, after 5 restarts; "
        "the others were stopped"
    ) in err
    assert out.count("worker | ") > 1  # those that had time to say something
    assert bench.leftovers() == []
    assert not bench.is_listening()


def test_end_that_is_wanted_is_the_end(bench: Bench) -> None:
    bench.up()
    kill(bench, "worker")
    begun = bench.down()
    assert begun.returncode == 0
    assert bench.leftovers() == []
    assert bench.states() == {}


def test_supervisor_that_was_killed_leaves_what_down_removes(bench: Bench) -> None:
    bench.up()
    assert bench.status("worker").supervisor.send(signal.SIGKILL)
    assert runs(bench, "worker")
    assert bench.down().returncode == 0
    assert bench.leftovers() == []
    assert bench.states() == {}
