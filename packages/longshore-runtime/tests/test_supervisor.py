"""Process 1 in front of any command: drain, second signal, patience, orphans, memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore_runtime.testing import Served

Serve = Callable[..., Served]

ORPHANS = Path(__file__).parent / "apps" / "orphans.py"


def up(body: str) -> list[str]:
    """Return a command that says when it is up and what it gets."""
    return [
        sys.executable,
        "-c",
        "import json, os, signal, sys, threading\n"
        "def say(name, **more): print(json.dumps({'event': name, **more}), flush=True)\n" + body,
    ]


TERMINABLE = up(
    "signal.signal(signal.SIGTERM, lambda *_: (say('term'), sys.exit(0)))\n"
    "say('up')\nthreading.Event().wait()\n"
)
STUBBORN = up(
    "signal.signal(signal.SIGTERM, lambda *_: say('term'))\nsay('up')\nthreading.Event().wait()\n"
)


def test_sigterm_is_held_back_for_the_delay(serve: Serve) -> None:
    service = serve(
        TERMINABLE, flags=("--management-port", "0"), env={"LONGSHORE_DRAIN_DELAY": "30"}
    )
    service.wait_event("up")
    port = service.management_port
    assert service.get("/readyz", port=port).status == 200
    service.send_signal()
    service.wait_event("draining")
    assert service.get("/readyz", port=port).status == 503
    assert service.get("/livez", port=port).status == 200
    assert not [event for event in service.events if event["event"] == "term"]


def test_second_signal_passes_it_on_at_once(serve: Serve) -> None:
    service = serve(TERMINABLE, env={"LONGSHORE_DRAIN_DELAY": "30"})
    service.wait_event("up")
    service.send_signal()
    service.wait_event("draining")
    while service.process.poll() is None:
        service.send_signal()
        try:
            service.wait(0.6)
        except subprocess.TimeoutExpired:
            continue
    assert service.wait().code == 0


def test_delay_is_waited_then_passed_on(serve: Serve) -> None:
    service = serve(TERMINABLE, env={"LONGSHORE_DRAIN_DELAY": "0.3"})
    service.wait_event("up")
    stopped = service.stop()
    assert stopped.code == 0
    assert stopped.event("term")
    assert stopped.event("stop")["total_ms"] >= 300


def test_command_that_ignores_the_signal_is_killed_inside_the_grace_period(serve: Serve) -> None:
    service = serve(STUBBORN, env={"LONGSHORE_GRACE_PERIOD": "0.3", "LONGSHORE_DRAIN_DELAY": "0"})
    service.wait_event("up")
    stopped = service.stop()
    assert (stopped.code, stopped.event("stop")["killed"]) == (1, True)
    assert stopped.event("term")


def test_server_that_ends_by_the_signal_after_a_clean_stop_is_a_success(serve: Serve) -> None:
    service = serve(up("say('up')\nthreading.Event().wait()\n"))
    service.wait_event("up")
    stopped = service.stop()
    assert (stopped.code, stopped.event("stop")["command_code"]) == (0, -15)


def test_storm_of_signals_is_one_wish(serve: Serve) -> None:
    service = serve(TERMINABLE, env={"LONGSHORE_DRAIN_DELAY": "0.3"})
    service.wait_event("up")
    for _ in range(200):
        service.send_signal()
    stopped = service.wait()
    assert stopped.code == 0
    assert len([event for event in stopped.events if event["event"] == "draining"]) == 1


def test_supervisor_stays_under_12_mib(serve: Serve) -> None:
    service = serve(TERMINABLE, flags=("--management-port", "0"))
    service.get("/readyz", port=service.management_port)
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    kib = int(status.partition("VmRSS:")[2].split()[0])
    assert kib <= 12 * 1024


def test_wrapped_application_follows_the_supervisor_through_memory(serve: Serve) -> None:
    words = [sys.executable, "-m", "longshore_runtime", "--port", "0", "plain:app"]
    service = serve(words, env={"LONGSHORE_DRAIN_DELAY": "30"})
    while not (ports := [event["port"] for event in service.events if "port" in event]):
        pass
    service.send_signal()
    service.wait_readiness(503, port=ports[0])
    reply = service.get("/x", port=ports[0])
    assert (reply.status, reply.headers["connection"]) == (200, "close")


@pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0, reason="needs a PID namespace"
)
def test_orphans_are_reaped_as_process_1() -> None:
    serve = [sys.executable, "-m", "longshore_runtime", "--"]
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", *serve, sys.executable, str(ORPHANS)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert b'"orphans_reaped":1' in done.stdout


def test_signal_that_comes_while_the_supervisor_starts_is_not_lost() -> None:
    program = (
        "import os, signal, sys\n"
        "from longshore_runtime import cli\n"
        "run = os.execv\n"
        "def execv(*args):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    run(*args)\n"
        "os.execv = execv\n"
        "cli.main(['--', 'sleep', '60'])\n"
    )
    environment = {**os.environ, "LONGSHORE_DRAIN_DELAY": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env=environment,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    assert b'"reason":"SIGTERM"' in done.stdout
