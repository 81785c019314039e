"""A copy of the example that both sides build, and Longshore's side of the build.

The copy has uvicorn among its dependencies and a ``uv.lock``, so that both images hold the same
packages; it has a name of its own, so that a service of the example is left alone.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.sampling import Sample, UnavailableError, run_timed
from suite.startup import LONGSHORE

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "task-api"
NAME = "taskapi-bench"
UV = Path(sys.executable).with_name("uv")
_STALE_LOCK = 3
_ARCHIVES = (b"PK\x03\x04", b"!<arch>\n")
"""How wheels and .debs begin."""

_INDEX_NOTE = b"\n[["
"""How the memo of an index page begins after its checksum: a list of artefacts."""


def run_checked(*argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command that prepares something, and return its standard output.

    Raises:
        UnavailableError: if it fails or is not there.
    """
    try:
        done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        msg = f"{argv[0]}: {error.strerror}"
        raise UnavailableError(msg) from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        msg = f"{Path(argv[0]).name} {argv[1]}: {last}"
        raise UnavailableError(msg)
    return done.stdout


def copy_example(folder: Path) -> Path:
    """Copy the example's tracked files into a repository of their own, locked by uv."""
    target = folder / "task-api"
    for name in run_checked("git", "ls-files", "-z", cwd=EXAMPLE).split("\0")[:-1]:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / name, copy)
    manifest = target / "pyproject.toml"
    text = manifest.read_text()
    renamed = text.replace('name = "taskapi"', f'name = "{NAME}"', 1)
    manifest.write_text(renamed.replace("dependencies = [", 'dependencies = [\n  "uvicorn",', 1))
    (target / ".dockerignore").write_text(".git\n.venv\n")
    (target / ".gitignore").write_text("__pycache__/\n")
    run_checked(str(UV), "lock", "--python", sys.executable, cwd=target)
    run_checked("git", "init", "--quiet", cwd=target)
    run_checked("git", "add", "--all", cwd=target)
    author = ("-c", "user.name=bench", "-c", "user.email=bench@example.test")
    run_checked("git", *author, "commit", "--quiet", "--message", "start", cwd=target)
    return target


def make_other(folder: Path, example: Path) -> Path:
    """Make a project without dependencies on the same base as the example's copy."""
    target = folder / "other"
    target.mkdir()
    (target / "pyproject.toml").write_text(
        '[project]\nname = "other-bench"\nversion = "1"\nrequires-python = ">=3.11"\n'
        '[tool.longshore]\nbase = "debian:trixie"\n'
        '[tool.longshore.processes.job]\ncommand = ["python", "job.py"]\n'
    )
    (target / "job.py").write_text("print(1)\n")
    shutil.copyfile(example / "longshore.lock", target / "longshore.lock")
    run_checked(str(UV), "lock", "--python", sys.executable, cwd=target)
    run_checked("git", "init", "--quiet", cwd=target)
    run_checked("git", "add", "--all", cwd=target)
    return target


def edit_line(project: Path, number: int) -> None:
    """Change one line of the application: an assignment at the end of its settings."""
    path = project / "src" / "taskapi" / "settings.py"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("_EDITED")]
    path.write_text("\n".join([*kept, f"_EDITED = {number}", ""]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Longshore:
    """Longshore on the copy, with folders of its own.

    Args:
        project: the copy.
        home: where its caches and images go.
    """

    project: Path
    home: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a call."""
        folders = {
            f"LONGSHORE_{kind.upper()}_DIR": str(self.home / kind)
            for kind in ("cache", "data", "state")
        }
        return {**os.environ, **folders, "CI": "false"}

    def build(self) -> Sample:
        """Build the image."""
        return run_timed([str(LONGSHORE), "build", "--quiet"], cwd=self.project, env=self.env)

    def prepare(self) -> None:
        """Build once; a base that the mirror does not have any more is locked anew first."""
        argv = [str(LONGSHORE), "build", "--quiet"]
        done = subprocess.run(
            argv, cwd=self.project, env=self.env, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode == _STALE_LOCK:
            lock = (str(LONGSHORE), "lock", "--upgrade", "base")
            run_checked(*lock, cwd=self.project, env=self.env)
        if done.returncode != 0:
            run_checked(*argv, cwd=self.project, env=self.env)

    def forget(self) -> None:
        """Remove all caches and images."""
        shutil.rmtree(self.home, ignore_errors=True)

    def take_over(self, source: "Longshore") -> None:
        """Become a copy of another home."""
        self.forget()
        shutil.copytree(source.home, self.home, symlinks=True)

    def add_downloads(self, source: "Longshore") -> None:
        """Add what another home downloaded, nothing that was made from it.

        That is: wheels, .debs and the pages of the index.
        """
        for path in (source.home / "cache").glob("blobs/*/*"):
            if path.read_bytes()[:8].startswith(_ARCHIVES):
                _copy(path, self.home / path.relative_to(source.home))
        for path in (source.home / "cache").glob("memos/*/*"):
            if _INDEX_NOTE in path.read_bytes()[:80]:
                _copy(path, self.home / path.relative_to(source.home))

    def describe(self) -> dict[str, Any]:
        """Return what ``longshore build --format json`` says of the image."""
        argv = (str(LONGSHORE), "build", "--quiet", "--format", "json")
        answer: dict[str, Any] = json.loads(run_checked(*argv, cwd=self.project, env=self.env))
        return answer


def _copy(source: Path, target: Path) -> None:
    for folder in reversed(target.parents):
        folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(source, target)
