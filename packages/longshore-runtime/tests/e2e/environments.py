"""Interpreters and fresh environments for the tests that need other versions than ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2]
APPS = SOURCE / "tests" / "apps"


def find_python(version: str) -> str | None:
    """Return an interpreter of a version, such as ``3.12``: pyenv's or the system's."""
    root = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    for place in sorted(root.glob(f"{version}.*/bin/python{version}")):
        return str(place)
    return shutil.which(f"python{version}")


def run(words: list[str], **options: object) -> str:
    """Run a command and return what it printed; its errors are the test's."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def build_wheel(destination: Path) -> Path:
    """Build the package's wheel."""
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(destination)],
        cwd=SOURCE,
    )
    return next(destination.glob("*.whl"))


def make_environment(place: Path, python: str, requirements: list[str]) -> str:
    """Make a virtual environment and install into it; returns its interpreter."""
    run([python, "-m", "venv", str(place)])
    interpreter = str(place / "bin" / "python")
    run([interpreter, "-m", "pip", "install", "--quiet", *requirements])
    return interpreter
