"""What the workspace's settings make of a test that never ends: a failed run, never a hang."""

import os
import subprocess
import sys
from pathlib import Path

SETTINGS = Path(__file__).parents[4] / "pyproject.toml"
PARALLEL = ("-n", "2", "--dist", "loadfile", "-o", "faulthandler_timeout=1")


def test_a_test_that_never_ends_fails_the_run_by_name(tmp_path: Path) -> None:
    (tmp_path / "test_before.py").write_text("def test_good():\n    pass\n", encoding="utf-8")
    (tmp_path / "test_endless.py").write_text(
        "import threading\n\n\ndef test_good():\n    pass\n\n\n"
        "def test_endless():\n    threading.Event().wait()\n\n\n"
        "def test_after():\n    pass\n",
        encoding="utf-8",
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }

    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", SETTINGS, *PARALLEL, "-o", "timeout=2", tmp_path],
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    assert completed.returncode == 1
    assert "FAILED" in completed.stdout
    assert "crashed while running" in completed.stdout
    assert "::test_endless'" in completed.stdout
    # Where it waits.
    assert 'test_endless.py", line 9 in test_endless' in completed.stdout
