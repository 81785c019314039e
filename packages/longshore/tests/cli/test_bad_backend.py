"""Projects that their build backend refuses: what to write; hatchling itself says the rest."""

import subprocess

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.locks.pins import FILENAME, BuildPins, Pins, render_pins
from longshore.testing.sample import Sample, base_pins
from longshore.testing.sandbox import HostSandbox

Capture = pytest.CaptureFixture[str]

PROJECT = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n'
WEB = '[tool.longshore.processes.web]\nasgi = "store.main:app"\n'
VERSIONS = """
def build_wheel(folder, settings=None, metadata=None):
    raise LookupError("setuptools-scm was unable to detect version")
"""


def hatchling(backend: str = "hatchling.build") -> str:
    return f'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "{backend}"\n'


def pin(sample: Sample, *requires: str) -> None:
    """Pin build requirements; the sandbox is this machine's interpreter, which has hatchling."""
    build = BuildPins(requires=requires, python="3.13", packages=())
    sample.write(FILENAME, render_pins(Pins(bases=base_pins().bases, builds=(build,))))


@pytest.fixture(autouse=True)
def store(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package in ``src`` that is not called like the project."""
    for name, value in {**sample.environment, "LONGSHORE_BYTECODE": "false"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Context, "sandbox", HostSandbox())
    monkeypatch.chdir(sample.root)
    (sample.root / "demo.py").unlink()
    sample.write("src/store/__init__.py", "")
    sample.write("src/store/main.py", "app = None\n")
    pin(sample, "hatchling")


def refused(capsys: Capture) -> tuple[str, str]:
    """Build; return the first and the last line of what is said."""
    assert main(["build", "--quiet"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert Context().layout.names() == {}
    first, *_, last = err.splitlines()
    return first, last


def test_a_package_that_is_not_called_like_the_project(sample: Sample, capsys: Capture) -> None:
    sample.write("pyproject.toml", PROJECT + hatchling() + WEB)
    assert refused(capsys) == (
        "error: demo: the build backend 'hatchling.build' failed",
        (
            "hint: no package is called 'demo': rename src/store, "
            'or write packages = ["src/store"] below [tool.hatch.build.targets.wheel]'
        ),
    )
    table = '[tool.hatch.build.targets.wheel]\npackages = ["src/store"]\n'
    sample.write("pyproject.toml", PROJECT + hatchling() + WEB + table)
    assert main(["build", "--quiet"]) == 0


def test_a_readme_that_is_not_there(sample: Sample, capsys: Capture) -> None:
    table = '[tool.hatch.build.targets.wheel]\npackages = ["src/store"]\n'
    text = f'{PROJECT}readme = "README.md"\n{hatchling()}{WEB}{table}'
    sample.write("pyproject.toml", text)
    assert refused(capsys) == (
        "error: demo: the build backend 'hatchling.build' failed",
        "hint: write README.md and `git add` it, or take readme out of [project]",
    )
    sample.write("README.md", "A demonstration\n")
    assert main(["build", "--quiet"]) == 0


def test_a_backend_that_does_not_exist(sample: Sample, capsys: Capture) -> None:
    sample.write("pyproject.toml", PROJECT + hatchling("hatchling.buildapi") + WEB)
    assert refused(capsys) == (
        "error: demo: the build backend 'hatchling.buildapi' can't be imported",
        'hint: write build-backend = "hatchling.build" in [build-system]',
    )


def test_a_version_from_git_where_there_is_no_commit(sample: Sample, capsys: Capture) -> None:
    subprocess.run(["git", "init", "-q"], cwd=sample.root, check=True, capture_output=True)
    sample.write("backend.py", VERSIONS)
    project = PROJECT.replace('version = "1"', 'dynamic = ["version"]')
    build = 'requires = ["setuptools-scm"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    sample.write("pyproject.toml", f"{project}[build-system]\n{build}{WEB}")
    pin(sample, "setuptools-scm")
    subprocess.run(["git", "add", "."], cwd=sample.root, check=True, capture_output=True)
    assert refused(capsys) == (
        "error: demo: the build backend 'backend' failed",
        (
            "hint: its version comes from git, and there is no commit here: commit first, or write "
            "a fallback into the tool's table, for example fallback_version for setuptools-scm"
        ),
    )
