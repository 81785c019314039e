"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.testing import ManualClock, Network, RecordingReporter

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
