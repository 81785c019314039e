"""Each application in a folder of its own, as its sdist has it, with its committed lock."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.applications.applications import Application
from tests.e2e.applications.sources import fetch_sdist, unpack_sdist
from tests.e2e.conftest import unusable
from tests.e2e.harness import Bench, free_port, give_up


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of somebody who tries this at home: the cache is kept, the rest is new."""
    folder = tmp_path_factory.mktemp("applications")
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    for name in ("DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    return environment


@pytest.fixture(scope="session")
def unpack(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Application], Path]:
    """Return the folder of an application; it is made once."""
    known: dict[str, Path] = {}

    def unpacked(application: Application) -> Path:
        if application.name not in known:
            target = tmp_path_factory.mktemp(application.name)
            archive = fetch_sdist(application, environment)
            root = unpack_sdist(archive, target / "sdist")
            if application.folder != ".":  # by itself: around it is another project
                folder = root / application.folder
                root = folder.rename(target / folder.name)
            known[application.name] = _prepare(application, root)
        return known[application.name]

    return unpacked


def _prepare(application: Application, root: Path) -> Path:
    """Add the lock, and the table where the application can't do without one."""
    if application.lock:
        shutil.copy(application.lock, root / "requirements.lock")
    if application.table:
        path = root / "pyproject.toml"
        written = path.read_text("utf-8") if path.exists() else ""
        path.write_text(f"{written}\n{application.table}", "utf-8")
    return root


@pytest.fixture
def bench(
    application: Application,
    engine: str,
    environment: dict[str, str],
    unpack: Callable[[Application], Path],
) -> Iterator[Bench]:
    """The application, nothing of it running before and after."""
    if reason := unusable(engine):
        give_up(f"engine {engine}: {reason}")
    bench = Bench(
        project=unpack(application), environment=environment, engine=engine, port=free_port()
    )
    yield bench
    bench.down("--volumes")
