"""A root file system of a shell and nothing else, and what the tests of this room share."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from longshore.engines.interface import LoadedImage, Run
from longshore.errors import PreflightError
from longshore.oci.config import ImageConfig
from longshore.sandbox.namespaces import find_sandbox
from longshore.testing.engine import MemoryEngine
from longshore.types import Digest

DIGEST = Digest.of(b"image")
PROGRAMS = ("sh", "sleep", "cat")


class MakeRun(Protocol):
    def __call__(self, **changes: object) -> Run: ...


@pytest.fixture
def make_run() -> MakeRun:
    """Make a run with some fields changed."""

    def make(**changes: object) -> Run:
        values: dict[str, object] = {
            "run_id": "0123456789abcdef",
            "service": "taskapi",
            "process": "web",
            "engine": "builtin",
            "image": DIGEST,
            "root": Path("/project"),
            "port": 8000,
            "created": datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
            "grace": 5.0,
        }
        return Run(**{**values, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def shell_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with /bin/sh and the libraries that it needs."""
    try:
        find_sandbox()
    except PreflightError as error:
        if os.environ.get("CI") == "true":  # a machine of CI must be able to run everything
            raise
        pytest.skip(f"no namespaces: {error}")
    root = tmp_path_factory.mktemp("shell")
    root.chmod(0o755)
    files = set()
    for program in PROGRAMS:
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"no {program} here")
        files.add(path)
        listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        files.update(re.findall(r"(/\S+) \(0x", listed))
    for file in files:
        copy = root / file.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    for folder in (root / "app", root / "dev", root / "proc", root / "tmp"):
        folder.mkdir()
    return root


@pytest.fixture
def shell(shell_root: Path) -> LoadedImage:
    """An image whose arguments are a shell script."""
    config = ImageConfig(
        env={"PATH": "/usr/bin:/bin"},
        entrypoint=(shutil.which("sh") or "/bin/sh", "-c"),
        cmd=("echo default",),
        working_dir="/app",
    )
    return LoadedImage(digest=DIGEST, config=config, location=str(shell_root))


@pytest.fixture
def memory() -> Iterator[MemoryEngine]:
    """An engine in memory."""
    engine = MemoryEngine()
    yield engine
    engine.close()
