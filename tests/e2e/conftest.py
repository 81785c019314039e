"""The example, built once with what this machine has, and every engine that works here."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longshore.cli.context import Context
from longshore.engines.choose import open_engines
from longshore.errors import ExitCode

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.harness import SERVICE, Bench, copy_example, free_port, give_up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is an end-to-end test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The example with a name of its own, built; the tests' own folders are the user's."""
    folder = tmp_path_factory.mktemp("e2e")
    project = copy_example(folder / "task-api")
    path = project / "pyproject.toml"
    path.write_text(path.read_text().replace('name = "taskapi"', f'name = "{SERVICE}"'))
    environment = dict(os.environ)
    for name in ("CACHE", "DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    environment.pop("TASKAPI_API_TOKEN", None)
    bench = Bench(project=project, environment=environment)
    completed = bench.run("build", "--quiet")
    if completed.returncode == ExitCode.PROJECT:  # a mirror dropped a package since
        upgraded = bench.run("lock", "--upgrade", "base")
        assert upgraded.returncode == 0, upgraded.stderr
        completed = bench.run("build", "--quiet")
    assert completed.returncode == 0, completed.stderr
    return bench


def unusable(engine: str) -> str | None:
    """Return why an engine can't be used here."""
    return open_engines(Context()).named(engine).available()


@pytest.fixture(scope="module", params=["builtin", "podman"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    name: str = request.param
    if reason := unusable(name):
        give_up(f"engine {name}: {reason}")
    return name


@pytest.fixture
def bench(built: Bench, engine: str) -> Iterator[Bench]:
    """The built example, nothing of it running before and after."""
    bench = Bench(
        project=built.project, environment=built.environment, engine=engine, port=free_port()
    )
    yield bench
    completed = bench.down("--volumes")
    assert completed.returncode == 0, completed.stderr


@pytest.fixture(scope="module")
def service(built: Bench, engine: str) -> Iterator[Bench]:
    """The example, up for the tests of a module that only look."""
    bench = Bench(
        project=built.project, environment=built.environment, engine=engine, port=free_port()
    )
    bench.up()
    yield bench
    completed = bench.down("--volumes")
    assert completed.returncode == 0, completed.stderr
