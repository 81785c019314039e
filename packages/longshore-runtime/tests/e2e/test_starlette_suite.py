"""Starlette's own tests pass with every application wrapped."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest
from environments import SOURCE, make_environment, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PLUGINS = Path(__file__).parent / "plugins"
NEEDED = [
    "httpx2[zstd]",
    "blockbuster",
    "importlib-metadata",
    "opentelemetry-sdk",
    "pytest",
    "trio",
]
AS_ROOT = "test_staticfiles_with_invalid_dir_permissions_returns_401"
"""Root may read everything: this one fails for root without us too."""


def test_suite_passes_with_every_application_wrapped(tmp_path: Path) -> None:
    release = f"starlette=={version('starlette')}"
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    if "pip" not in run(
        [
            sys.executable,
            "-c",
            "import importlib.util as u; print('pip' if u.find_spec('pip') else '')",
        ]
    ):
        download = ["python3", *download[1:]]
    run([*download, "--no-binary", "starlette", release, "-d", str(tmp_path)])
    with tarfile.open(next(tmp_path.glob("starlette-*.tar.gz"))) as sdist:
        sdist.extractall(tmp_path, filter="data")
    suite = next(place for place in tmp_path.glob("starlette-*") if place.is_dir())
    python = make_environment(tmp_path / "venv", sys.executable, [f"{suite}[full]", *NEEDED])
    words = [python, "-m", "pytest", "-q", "-p", "longshore_wrap_everything", "tests"]
    if os.geteuid() == 0:
        words += ["-k", f"not {AS_ROOT}"]
    environment = {**os.environ, "PYTHONPATH": f"{PLUGINS}:{SOURCE / 'src'}"}
    done = subprocess.run(
        words, cwd=suite, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    wrapped = int(done.stdout.partition("wrapped ")[2].split()[0])
    assert wrapped > 500
