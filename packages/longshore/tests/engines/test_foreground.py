"""Programs in the foreground."""

import os
import signal
import subprocess

from longshore.engines.foreground import wait_in_foreground

LOOP = "while :; do sleep 0.02; done"


def shell(script: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["/bin/sh", "-c", script])


def test_exit_status_is_returned() -> None:
    assert wait_in_foreground(lambda: shell("exit 7")) == 7
    assert wait_in_foreground(lambda: shell("kill -KILL $$")) == -9


def test_request_to_end_is_passed_on() -> None:
    script = f"trap 'exit 9' TERM; kill -TERM $PPID; {LOOP}"
    assert wait_in_foreground(lambda: shell(script)) == 9


def test_request_that_comes_while_it_starts_is_passed_on() -> None:
    def start() -> "subprocess.Popen[bytes]":
        os.kill(os.getpid(), signal.SIGTERM)
        return shell(LOOP)

    assert wait_in_foreground(start) == -signal.SIGTERM


def test_interrupt_is_left_to_the_program() -> None:
    script = "kill -INT $PPID; exit 4"  # the terminal would send it to both
    assert wait_in_foreground(lambda: shell(script)) == 4


def test_program_does_not_inherit_that_interrupts_are_ignored() -> None:
    assert wait_in_foreground(lambda: shell("kill -INT $$; exit 1")) == -signal.SIGINT


def test_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    wait_in_foreground(lambda: shell("exit 0"))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
