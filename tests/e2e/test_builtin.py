"""What only the builtin engine has: a supervisor, and a sandbox of its own."""

import signal

import pytest
from tests.e2e.harness import Bench


@pytest.fixture(scope="module")
def engine() -> str:
    """Only this one."""
    return "builtin"


def test_service_survives_its_supervisor_and_can_still_be_stopped(bench: Bench) -> None:
    bench.up()
    supervisor = bench.status("web").supervisor
    assert supervisor.send(signal.SIGKILL)
    assert supervisor.wait(10)
    assert bench.ask("GET", "/readyz").status == 200
    assert bench.states()["web"] == "running"
    assert bench.down().returncode == 0
    assert not bench.is_listening()
    assert bench.leftovers() == []


def test_processes_run_as_nobody_in_particular_without_capabilities(bench: Bench) -> None:
    code = (
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(status['Uid'].split(), status['NoNewPrivs'].strip())\n"
        "print({status[name].strip() for name in ('CapPrm', 'CapEff', 'CapBnd', 'CapAmb')})\n"
    )
    completed = bench.run("run", "-q", "--engine", "builtin", "--", "python", "-c", code)
    assert completed.stdout.splitlines() == [
        "['65532', '65532', '65532', '65532'] 1",
        "{'0000000000000000'}",
    ]
