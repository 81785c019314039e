"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from longshore.build import pinning
from longshore.locks.pins import FILENAME, render_pins
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.testing import (
    Archive,
    ManualClock,
    Network,
    PackageIndex,
    RecordingReporter,
    make_wheel,
)
from longshore.testing.sample import PYPROJECT, BareBase, Sample, base_pins, hashed

# A deadline measures the machine, and fails a property on a busy one.
settings.register_profile("longshore", deadline=None)
settings.load_profile("longshore")


@pytest.fixture
def network() -> Iterator[Network]:
    """A network of ``*.test`` hosts in this process."""
    with Network() as network:
        yield network


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the transport of the same test waits by."""
    return ManualClock()


@pytest.fixture
def reporter() -> RecordingReporter:
    """A reporter that the transport of the same test reports to."""
    return RecordingReporter()


@pytest.fixture
def transport(
    network: Network, clock: ManualClock, reporter: RecordingReporter
) -> Iterator[Transport]:
    """A transport into the network."""
    with network.transport(clock=clock, reporter=reporter) as transport:
        yield transport


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """An empty blob store."""
    return BlobStore(tmp_path / "blobs")


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
    monkeypatch.setattr(pinning, "open_pinned_base", lambda *_: BareBase(tmp_path / "rootfs"))
    return sample
