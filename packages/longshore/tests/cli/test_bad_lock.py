"""Locks that do not fit what is built: the message, the exit code, and nothing is written."""

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.testing import make_wheel
from longshore.testing.sample import Sample, hashed
from longshore.types import Platform

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in the sample project."""
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(sample.root)


def target() -> str:
    """Return what the sample's base is for, as messages say it."""
    return f"{Platform.host()}, Python 3.13, glibc 2.41"


def refused(capsys: Capture, code: int, *arguments: str) -> list[str]:
    """Build; return what is said."""
    assert main(["build", "--quiet", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert Context().layout.names() == {}
    return err.splitlines()


def test_wheels_of_another_platform_only(sample: Sample, capsys: Capture) -> None:
    wheel = sample.index.add(make_wheel("native", "1.0", tag="cp313-cp313-win_amd64"))
    sample.write("requirements.txt", hashed([wheel]))
    assert refused(capsys, 4) == [
        (f"error: native 1.0: no wheel for {target()}: its wheels are for Windows"),
        (
            "hint: lock a version that has one, choose another base, "
            "or put a wheel that you built for it on an index"
        ),
    ]


def test_a_uv_lock_for_windows_only(sample: Sample, capsys: Capture) -> None:
    (sample.root / "requirements.txt").unlink()
    sample.write(
        "uv.lock",
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
        "resolution-markers = [\"sys_platform == 'win32'\"]\n"
        "supported-markers = [\"sys_platform == 'win32'\"]\n"
        '[[package]]\nname = "demo"\nversion = "1.2"\nsource = { virtual = "." }\n',
    )
    assert refused(capsys, 3) == [
        f"error: {sample.root}/uv.lock: was not resolved for {target()}",
        "hint: widen 'environments' in [tool.uv] and lock again, or change the base",
    ]
    assert not (sample.root / "pylock.toml").exists()


def test_a_dependency_outside_of_the_repository(sample: Sample, capsys: Capture) -> None:
    (sample.root / "requirements.txt").unlink()
    lib = sample.root.parent / "lib"
    lib.mkdir()
    (lib / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')
    text = (sample.root / "pyproject.toml").read_text()
    head, rest = text.split("\n[tool.longshore]", 1)
    sample.write(
        "pyproject.toml",
        f'{head}\ndependencies = ["lib"]\n[tool.uv.sources]\nlib = {{ path = "../lib" }}\n'
        f"[tool.longshore]{rest}",
    )
    assert refused(capsys, 3) == [
        "error: pyproject.toml: '../lib' is outside of the project and of its repository",
        "hint: move it into the repository, or depend on a release of it",
    ]
    assert not (sample.root / "pylock.toml").exists()


def test_an_entry_point_with_the_folder_in_its_name(sample: Sample, capsys: Capture) -> None:
    (sample.root / "demo.py").unlink()
    sample.write("src/demo/__init__.py", "")
    sample.write("src/demo/main.py", "app = None\n")
    text = (sample.root / "pyproject.toml").read_text()
    sample.write("pyproject.toml", text.replace("demo:app", "src.main:app"))
    assert main(["build", "--quiet"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        (
            "warning: pyproject.toml: tool.longshore.processes.web.asgi: 'src.main:app': "
            "there is no module 'src.main'"
        ),
        "hint: did you mean 'demo.main:app'?",
    ]
