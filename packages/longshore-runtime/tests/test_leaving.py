"""The end of a process: what the interpreter promises is done, its memory is left to the kernel."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from longshore_runtime.testing import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.testing import Served


def test_threads_end_and_handlers_run_before_the_process_ends(
    serve: Callable[..., Served],
) -> None:
    service = serve("leaving:app")
    assert service.get("/").status == 200
    stopped = service.stop()
    assert stopped.code == 0
    assert stopped.stderr.splitlines() == ["thread finished", "handler called"]


@pytest.mark.parametrize("code", [0, 3])
def test_output_is_complete_and_the_code_is_kept(code: int) -> None:
    program = (
        "import sys; from longshore_runtime.leaving import leave; "
        f"print('x' * 200_000); print('told', file=sys.stderr); leave({code})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, len(ended.stdout), ended.stderr) == (code, 200_001, b"told\n")


def test_reader_that_has_gone_is_no_failure() -> None:
    program = "from longshore_runtime.leaving import leave; print('x' * 200_000); leave(0)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PATIENCE) in (0, 1, -signal.SIGPIPE)
