"""The chosen wheels, fetched."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.errors import TransportError, WheelError
from longshore.locks import Artifact, LockedPackage, PackageSource, SourceKind
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.testing import (
    Archive,
    Corrupt,
    Network,
    PackageIndex,
    RecordingReporter,
    Status,
    make_wheel,
)
from longshore.types import Digest, Phase, parse_name
from longshore.wheels.choose import ChosenWheel
from longshore.wheels.fetch import fetch_wheels

WHEELS = [make_wheel(f"package-{number}", "1.0") for number in range(12)]


@pytest.fixture
def index(network: Network) -> PackageIndex:
    return network.host("index.test", PackageIndex(WHEELS))


def _chosen(archive: Archive) -> ChosenWheel:
    return ChosenWheel(
        package=LockedPackage(
            name=parse_name(archive.name),
            version=archive.version,
            source=PackageSource(kind=SourceKind.REGISTRY),
        ),
        artifact=Artifact(
            filename=archive.filename,
            digest=archive.digest,
            url=f"https://index.test/files/{archive.filename}",
            size=len(archive.content),
        ),
    )


def _local(archive: Archive, path: Path) -> ChosenWheel:
    chosen = _chosen(archive)
    return replace(chosen, artifact=replace(chosen.artifact, url=None, path=path))


@pytest.mark.usefixtures("index")
def test_all_are_fetched_once_and_come_in_order(
    network: Network, transport: Transport, store: BlobStore, reporter: RecordingReporter
) -> None:
    chosen = [_chosen(archive) for archive in WHEELS]
    fetched = fetch_wheels(chosen, transport=transport, store=store)
    assert [wheel.path.read_bytes() for wheel in fetched] == [item.content for item in WHEELS]
    assert [wheel.package for wheel in fetched] == [wheel.package for wheel in chosen]
    assert reporter.phases("package-3 1.0") == [Phase.STARTED, Phase.PROGRESS, Phase.DONE]
    assert {event.kind for event in reporter.events} == {"wheel.fetch"}
    fetch_wheels(chosen, transport=transport, store=store)
    assert len(network.requests) == len(WHEELS)


@pytest.mark.usefixtures("index")
def test_a_changed_file_is_refused(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    network.fail(WHEELS[0].filename, Corrupt())
    with pytest.raises(
        WheelError, match=r"^package-0 1\.0: https://index\.test/files/.*: expected"
    ):
        fetch_wheels([_chosen(WHEELS[0])], transport=transport, store=store)


@pytest.mark.usefixtures("index")
def test_the_first_failure_is_told_and_what_came_stays(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    network.fail(WHEELS[5].filename, Status(code=404))
    with pytest.raises(TransportError) as caught:
        fetch_wheels([_chosen(item) for item in WHEELS], transport=transport, store=store)
    assert str(caught.value) == f"https://index.test/files/{WHEELS[5].filename}: not found"
    assert store.has(WHEELS[0].digest)


def test_a_local_wheel_is_copied_and_verified(
    transport: Transport, store: BlobStore, tmp_path: Path
) -> None:
    path = tmp_path / WHEELS[0].filename
    path.write_bytes(WHEELS[0].content)
    chosen = _local(WHEELS[0], path)
    sha512 = Digest("sha512", hashlib.sha512(WHEELS[0].content).hexdigest())
    for digest in (WHEELS[0].digest, sha512):
        wheel = replace(chosen, artifact=replace(chosen.artifact, digest=digest))
        (fetched,) = fetch_wheels([wheel], transport=transport, store=store)
        assert fetched.path == store.path(WHEELS[0].digest)
        assert fetched.path.read_bytes() == WHEELS[0].content
    path.write_bytes(b"changed")
    with pytest.raises(WheelError) as caught:
        fetch_wheels([chosen], transport=transport, store=store)
    assert str(caught.value) == (
        f"package-0 1.0: {path}: expected {WHEELS[0].digest}, got {Digest.of(b'changed')}"
    )


def test_a_local_wheel_that_is_missing_is_named(
    transport: Transport, store: BlobStore, tmp_path: Path
) -> None:
    with pytest.raises(WheelError) as caught:
        fetch_wheels([_local(WHEELS[0], tmp_path / "a.whl")], transport=transport, store=store)
    assert str(caught.value) == f"package-0 1.0: {tmp_path}/a.whl: no such file or directory"
