"""A project whose lock points to an index in this process, on a base that needs no mirror."""

from pathlib import Path

import pytest

from longshore.build import recipe
from longshore.locks.pins import FILENAME, render_pins
from longshore.testing import Archive, Network, PackageIndex, make_wheel
from longshore.testing.sample import PYPROJECT, BareBase, Sample, base_pins, hashed


@pytest.fixture
def server_set() -> list[Archive]:
    """Wheels that stand for the server that is added."""
    return [make_wheel("uvicorn", "0.1", files={"uvicorn/__init__.py": b""})]


@pytest.fixture
def sample(
    tmp_path: Path,
    network: Network,
    server_set: list[Archive],
    monkeypatch: pytest.MonkeyPatch,
) -> Sample:
    """A project with one dependency, fully locked, without a build backend."""
    dependency = make_wheel("helper", "2.0", files={"helper/__init__.py": b"VALUE = 1\n"})
    index = network.host("index.test", PackageIndex([dependency, *server_set]))
    root = tmp_path / "demo"
    environment = {
        **network.environment,
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "LONGSHORE_CACHE_DIR": str(tmp_path / "cache"),
        "LONGSHORE_DATA_DIR": str(tmp_path / "data"),
        "LONGSHORE_STATE_DIR": str(tmp_path / "state"),
        "LONGSHORE_INDEX_URL": "https://index.test/simple",
    }
    sample = Sample(root=root, index=index, network=network, environment=environment)
    sample.write("pyproject.toml", PYPROJECT)
    sample.write("demo.py", "app = None\n")
    sample.write("requirements.txt", hashed([dependency]))
    sample.write(FILENAME, render_pins(base_pins()))
    server = tmp_path / "server.txt"
    server.write_text(hashed(server_set))
    monkeypatch.setattr("longshore.build.materials.server_requirements", lambda: server)
    monkeypatch.setattr(recipe, "open_pinned_base", lambda *_: BareBase(tmp_path / "rootfs"))
    return sample
