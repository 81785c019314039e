"""The built wheel alone, over frameworks and versions of Python and uvicorn."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from environments import APPS, build_wheel, find_python, make_environment

from longshore_runtime.testing import Served

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
PYTHONS = ("3.11", "3.12", "3.13")
FRAMEWORKS = {
    "fastapi==0.100.0": ["fastapi"],
    "fastapi": ["fastapi"],
    "starlette": ["starlette"],
    "litestar": ["litestar"],
    "flask": ["flask"],
    "django": ["django_asgi", "django_wsgi"],
}


@pytest.mark.parametrize("version", PYTHONS)
@pytest.mark.parametrize("requirement", FRAMEWORKS)
def test_framework_is_served_and_drains(
    tmp_path: Path, wheel: Path, version: str, requirement: str
) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"no Python {version}")
    interpreter = make_environment(tmp_path / "venv", python, [f"{wheel}[uvicorn]", requirement])
    for target in FRAMEWORKS[requirement]:
        for workers in ("1", "2"):
            drain(interpreter, f"matrix_apps:{target}", workers)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is published."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def drain(interpreter: str, target: str, workers: str) -> None:
    """Serve, ask, stop."""
    flags = ("--workers", workers)
    env = {"LONGSHORE_DRAIN_DELAY": "0.3", "PYTHONPATH": None}
    with Served(target, flags=flags, env=env, cwd=HERE, python=(interpreter,)) as service:
        assert service.get("/hello").status == 200
        assert service.get("/readyz").status == 200
        service.send_signal()
        service.wait_readiness(503)
        assert service.get("/hello").headers["connection"] == "close"
        stopped = service.wait()
    assert stopped.code == 0, stopped.stderr


@pytest.mark.parametrize("release", ["0.30.0", "0.34.0", "0.40.0", ""])
@pytest.mark.parametrize("extra", ["uvicorn", "uvicorn[standard]"])
def test_uvicorn_over_the_supported_range(
    tmp_path: Path, wheel: Path, release: str, extra: str
) -> None:
    """The contract of ``uvicorn_server``: what it uses is there and does what it should."""
    python = find_python("3.11") or "python3"
    requirement = f"{extra}=={release}" if release else extra
    interpreter = make_environment(tmp_path / "venv", python, [str(wheel), requirement])
    env = {"LONGSHORE_DRAIN_DELAY": "0.3", "PYTHONPATH": str(APPS)}
    with Served("plain:app", env=env, cwd=APPS, python=(interpreter,)) as service:
        boot = service.wait_event("boot")
        assert release in boot["server"]
        assert service.get("/x").body == b"x"
        assert "date" in service.get("/x").headers
        service.send_signal()
        service.wait_readiness(503)
        assert service.get("/late").headers["connection"] == "close"
        stopped = service.wait()
    assert stopped.code == 0, stopped.stderr
    assert stopped.event("stop")["cut_off"] == 0


def test_wheel_alone_says_that_a_server_is_missing(tmp_path: Path, wheel: Path) -> None:
    interpreter = make_environment(
        tmp_path / "venv", find_python("3.11") or "python3", [str(wheel)]
    )
    with Served("plain:app", cwd=APPS, python=(interpreter,), env={"PYTHONPATH": None}) as service:
        stopped = service.wait()
    assert stopped.code == 70
    assert "longshore-runtime[uvicorn]" in stopped.event("failed")["hint"]
    script = Path(interpreter).with_name("longshore-serve")
    assert os.access(script, os.X_OK)
