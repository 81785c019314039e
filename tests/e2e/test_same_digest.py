"""The same inputs give the same digest, whoever builds, where, when and with what.

One cold build is the reference. Each variation changes many circumstances at once: if one of them
mattered, its digest would differ, and then is the time to find out which.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.harness import ROOT, copy_example

WHEELS = ROOT / ".cache" / "wheels"
NOBODY = 65534
STALE_LOCK = 3
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

HOSTILE = {
    "TZ": "Pacific/Chatham",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "PYTHONHASHSEED": "4242",
    "COLUMNS": "40",
}


@dataclass(frozen=True)
class Builder:
    """Somebody who builds: a Python, a home, circumstances."""

    argv: tuple[str, ...]
    home: Path
    environment: Mapping[str, str]
    umask: int = 0o022
    user: int | None = None

    def run(self, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in a project."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LONGSHORE_", "PYTHON", "XDG_", "CI"))
        }
        return subprocess.run(
            [*self.argv, *arguments],
            cwd=project,
            env={**inherited, "HOME": str(self.home), **self.environment},
            umask=self.umask,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, project: Path) -> str:
        """Build the image, and return what standard output says."""
        done = self.run(project, "build", "--locked")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@dataclass(frozen=True)
class Reference:
    """The reference build: its project, its cache, its answer."""

    project: Path
    cache: Path
    answer: str


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A cold build from the checkout."""
    folder = tmp_path_factory.mktemp("reference")
    project = copy_example(folder / "task-api")
    cache = folder / "home" / "cache"
    builder = Builder(
        argv=(sys.executable, "-m", "longshore"),
        home=folder / "home",
        environment={"LONGSHORE_CACHE_DIR": str(cache)},
    )
    first = builder.run(project, "build", "--locked")
    if first.returncode == STALE_LOCK:  # a point release has superseded packages of the lock
        assert builder.run(project, "lock", "--upgrade", "base").returncode == 0
    return Reference(project=project, cache=cache, answer=builder.build(project))


def _copy_of(reference: Reference, target: Path) -> Path:
    shutil.copytree(reference.project, target)
    return target


def test_in_another_folder_with_a_warm_cache(reference: Reference, tmp_path: Path) -> None:
    builder = Builder(
        argv=(sys.executable, "-m", "longshore"),
        home=tmp_path / "home",
        environment={**HOSTILE, "LONGSHORE_CACHE_DIR": str(reference.cache)},
        umask=0o077,
    )
    project = _copy_of(reference, tmp_path / "a folder with spaces" / "käse")
    assert builder.build(project) == reference.answer


def test_by_another_user_with_a_cold_cache(reference: Reference) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    site = next((ROOT / ".venv" / "lib").glob("python3.*/site-packages"))
    if python is None or _version(python) != site.parent.name.removeprefix("python"):
        pytest.skip("no Python of the same version that another user may run")
    home = Path(tempfile.mkdtemp(prefix="longshore-e2e-"))
    home.chmod(0o755)
    try:
        project = _copy_of(reference, home / "project")
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        sources = [ROOT / "packages" / name / "src" for name in ("longshore", "longshore-runtime")]
        builder = Builder(
            argv=(python, "-m", "longshore"),
            home=home,
            environment={**HOSTILE, "PYTHONPATH": os.pathsep.join(map(str, [*sources, site]))},
            umask=0o002,
            user=NOBODY,
        )
        assert builder.build(project) == reference.answer
    finally:
        shutil.rmtree(home)


def test_from_the_installed_wheels_with_a_cold_cache(reference: Reference, tmp_path: Path) -> None:
    python = WHEELS / "venv" / "bin" / "python"
    if not python.exists():
        _missing("tests/e2e/wheels.sh has not made its environment")
    builder = Builder(
        argv=(str(python), "-m", "longshore"),
        home=tmp_path / "home",
        environment={"TZ": "America/St_Johns", "PYTHONHASHSEED": "7"},
    )
    assert builder.build(_copy_of(reference, tmp_path / "project")) == reference.answer


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_on_every_host_python(reference: Reference, tmp_path: Path, version: str) -> None:
    python = _find_python(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    uv = Path(sys.executable).with_name("uv")
    wheels = sorted(WHEELS.glob("*.whl"))
    if not wheels:
        _missing("tests/e2e/wheels.sh has not built the wheels")
    venv = tmp_path / "venv"
    constraints = ROOT / "requirements" / "dev.txt"
    for step in (
        ["venv", "--quiet", "--python", python, str(venv)],
        ["pip", "install", "--quiet", "--python", str(venv), "-c", str(constraints), *wheels],
    ):
        subprocess.run([uv, *step], check=True, cwd=tmp_path)
    builder = Builder(
        argv=(str(venv / "bin" / "python"), "-m", "longshore"),
        home=tmp_path / "home",
        environment={},
    )
    # The downloads are shared to spare the mirror; everything that is made is made anew.
    shutil.copytree(reference.cache / "blobs", tmp_path / "home/.cache/longshore/blobs")
    (tmp_path / "home/.cache/longshore").chmod(0o700)
    assert builder.build(_copy_of(reference, tmp_path / "project")) == reference.answer


def _find_python(version: str) -> str | None:
    """Return an interpreter of that version: on PATH, or one that pyenv keeps outside of it."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in (shutil.which(f"python{version}"), *map(str, kept)):
        if candidate is not None and _version(candidate) == version:
            return candidate
    return None


def _version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()  # empty for a shim that leads nowhere


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
