"""Another process in our place."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import pytest

from longshore_runtime.testing import Served

Serve = Callable[..., Served]

ANNOUNCE = 'print(\'{"event": "up"}\', flush=True);'


@pytest.mark.parametrize("code", [0, 3])
def test_exit_code_is_passed_on(serve: Serve, code: int) -> None:
    assert serve([sys.executable, "-c", f"raise SystemExit({code})"]).wait().code == code


def test_death_by_signal_is_128_plus_its_number(serve: Serve) -> None:
    program = "import os; os.kill(os.getpid(), 9)"
    assert serve([sys.executable, "-c", program]).wait().code == 137


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_signals_reach_the_command(serve: Serve, name: str) -> None:
    program = (
        "import signal, sys, time;"
        f"signal.signal(signal.{name}, lambda *_: sys.exit(42));{ANNOUNCE}time.sleep(60)"
    )
    service = serve([sys.executable, "-c", program])
    service.wait_event("up")
    assert service.stop(signal.Signals[name]).code == 42


def test_command_that_does_not_exist_is_78(serve: Serve) -> None:
    stopped = serve(["/no/such/program"]).wait()
    assert stopped.code == 78
    assert "/no/such/program" in stopped.event("failed")["message"]


def test_nothing_to_serve_is_a_usage_error(serve: Serve) -> None:
    assert serve([]).wait().code == 2
