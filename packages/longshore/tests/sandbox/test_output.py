"""Reading a process without deadlock, bounded in time and memory."""

import subprocess
import sys

import pytest

from longshore.sandbox.output import Tail, collect


def start(script: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, stderr=pipe)


def test_both_outputs_of_a_chatty_process() -> None:
    script = (
        "import sys; [print('o' * 99) or print('e' * 99, file=sys.stderr) for _ in range(5000)]"
    )
    result = collect(start(script), stdin=b"", seconds=None, output_bytes=1 << 20)
    assert (len(result.stdout), len(result.stderr), result.timed_out) == (500_000, 500_000, False)


def test_a_process_that_does_not_read_its_input() -> None:
    process = start("print('bye')")
    result = collect(process, stdin=b"x" * (1 << 20), seconds=None, output_bytes=100)
    assert (result.stdout, process.returncode) == (b"bye\n", 0)


def test_the_time_limit_kills() -> None:
    process = start("import time; print('hi', flush=True); time.sleep(60)")
    result = collect(process, stdin=b"", seconds=1, output_bytes=100)
    assert (result.stdout, result.timed_out, process.returncode) == (b"hi\n", True, -9)


def test_only_processes_with_pipes_are_collected() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", ""]) as process,
        pytest.raises(ValueError, match="three pipes"),
    ):
        collect(process, stdin=b"", seconds=None, output_bytes=1)


@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_a_tail_keeps_the_end(size: int) -> None:
    tail = Tail(4)
    for at in range(0, 20, size):
        tail.write(bytes(range(at, min(at + size, 20))))
    assert tail.getvalue() == bytes(range(16, 20))
