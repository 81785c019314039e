"""Pinned files into the store."""

import hashlib
from pathlib import Path

import pytest

from longshore.errors import TransportError, WheelError
from longshore.net import Retries, Transport, download
from longshore.oci.blobs import BlobStore
from longshore.testing import (
    Answer,
    Corrupt,
    Cut,
    ManualClock,
    Network,
    RecordingReporter,
    Request,
    StaticSite,
    Status,
)
from longshore.types import Digest, Phase

CONTENT = bytes(range(256)) * 64
URL = "https://files.test/a.whl"


@pytest.fixture
def site(network: Network) -> StaticSite:
    return network.host("files.test", StaticSite({"/a.whl": CONTENT}))


def _fetch(
    transport: Transport,
    store: BlobStore,
    *,
    expected: Digest | None = None,
    size: int | None = len(CONTENT),
) -> Path:
    return download(
        transport,
        URL,
        store=store,
        expected=expected or Digest.of(CONTENT),
        size=size,
        kind="wheel.fetch",
        subject="a 1.0",
        error=WheelError,
    )


@pytest.mark.usefixtures("site")
def test_a_file_is_fetched_once(
    network: Network, transport: Transport, store: BlobStore, reporter: RecordingReporter
) -> None:
    path = _fetch(transport, store)
    assert path.read_bytes() == CONTENT
    assert path == store.path(Digest.of(CONTENT))
    assert reporter.phases("a 1.0") == [Phase.STARTED, Phase.PROGRESS, Phase.DONE]
    assert _fetch(transport, store) == path
    assert reporter.phases("a 1.0")[3:] == [Phase.CACHED]
    assert len(network.requests) == 1


@pytest.mark.usefixtures("site")
def test_progress_counts_bytes(
    transport: Transport, store: BlobStore, reporter: RecordingReporter
) -> None:
    _fetch(transport, store)
    counted = [(event.done, event.total) for event in reporter.events]
    assert counted[0] == (0, len(CONTENT))
    assert counted[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.usefixtures("site")
def test_a_damaged_copy_heals_and_says_so(
    transport: Transport, store: BlobStore, reporter: RecordingReporter
) -> None:
    path = _fetch(transport, store)
    path.write_bytes(b"damaged")
    assert _fetch(transport, store).read_bytes() == CONTENT
    warning = next(event for event in reporter.events if event.phase is Phase.WARNING)
    assert warning.detail == "the cached copy was damaged; fetching it again"


@pytest.mark.usefixtures("site")
def test_other_bytes_are_refused_and_not_stored(
    network: Network, transport: Transport, store: BlobStore, reporter: RecordingReporter
) -> None:
    network.fail("/a.whl", Corrupt())
    with pytest.raises(WheelError) as caught:
        _fetch(transport, store)
    got = Digest.of(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    assert str(caught.value) == f"a 1.0: {URL}: expected {Digest.of(CONTENT)}, got {got}"
    assert caught.value.hint == (
        "the file is not the one that was locked: find out why it changed, "
        "and lock again only if you trust it"
    )
    assert [path for path in store.root.rglob("*") if path.is_file()] == []
    assert reporter.phases("a 1.0")[-1] is Phase.FAILED


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("size", "got"), [(len(CONTENT) - 1, f"at least {len(CONTENT)}"), (99999, f"{len(CONTENT)}")]
)
def test_another_size_is_refused(
    transport: Transport, store: BlobStore, size: int, got: str
) -> None:
    with pytest.raises(WheelError) as caught:
        _fetch(transport, store, size=size)
    assert str(caught.value) == f"a 1.0: {URL}: expected {size} bytes, got {got}"


def test_a_file_without_end_is_not_read_to_its_end(
    transport: Transport, store: BlobStore, site: StaticSite, reporter: RecordingReporter
) -> None:
    site.files["/a.whl"] = bytes(8 << 20)
    with pytest.raises(WheelError, match="expected 10 bytes, got at least"):
        _fetch(transport, store, size=10)
    assert max(event.done or 0 for event in reporter.events) < 1 << 20


@pytest.mark.usefixtures("site")
def test_a_cut_transfer_is_resumed_where_it_stood(
    network: Network, transport: Transport, store: BlobStore, clock: ManualClock
) -> None:
    network.fail("/a.whl", Cut(after=1000), times=1)
    assert _fetch(transport, store).read_bytes() == CONTENT
    assert network.requests[1].headers["range"] == "bytes=1000-"
    assert network.requests[1].headers["if-range"].startswith('"')
    assert clock.slept == [0.5]


def test_a_file_that_changed_meanwhile_is_fetched_anew(
    network: Network, transport: Transport, store: BlobStore, site: StaticSite
) -> None:
    class Changing:
        """Serves the old file once, the new one from then on."""

        def answer(self, request: Request) -> Answer:
            answer = site.answer(request)
            site.files["/a.whl"] = CONTENT
            return answer

    site.files["/a.whl"] = b"old" * 5000
    network.host("files.test", Changing())
    network.fail("/a.whl", Cut(after=1000), times=1)
    assert _fetch(transport, store, size=None).read_bytes() == CONTENT


def test_a_server_without_ranges_sends_it_all_again(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    class Plain:
        def answer(self, request: Request) -> Answer:  # noqa: ARG002 - the protocol's signature
            return Answer(body=CONTENT)

    network.host("files.test", Plain())
    network.fail("/a.whl", Cut(after=1000), times=1)
    assert _fetch(transport, store).read_bytes() == CONTENT
    assert len(network.requests) == 3


@pytest.mark.usefixtures("site")
def test_a_transfer_that_is_always_cut_is_given_up(
    network: Network, store: BlobStore, clock: ManualClock
) -> None:
    network.fail("/a.whl", Cut(after=10))
    with (
        network.transport(clock=clock, retries=Retries(attempts=3)) as transport,
        pytest.raises(TransportError) as caught,
    ):
        _fetch(transport, store)
    assert str(caught.value) == f"{URL}: the connection was cut"
    assert caught.value.context == ("gave up after 3 attempts",)
    assert clock.slept == [0.5, 1.0]


@pytest.mark.usefixtures("site")
def test_a_missing_file_fails_at_once(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    network.fail("/a.whl", Status(code=404))
    with pytest.raises(TransportError) as caught:
        _fetch(transport, store)
    assert str(caught.value) == f"{URL}: not found"
    assert len(network.requests) == 1


@pytest.mark.usefixtures("site")
def test_a_server_that_is_down_is_not_tried_beyond_the_transports_own_tries(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    network.fail("/a.whl", Status(code=503))
    with pytest.raises(TransportError) as caught:
        _fetch(transport, store)
    assert caught.value.context == ("gave up after 4 attempts",)
    assert len(network.requests) == 4


@pytest.mark.usefixtures("site")
def test_a_stronger_digest_is_verified_and_found_again(
    network: Network, transport: Transport, store: BlobStore
) -> None:
    digest = Digest("sha512", hashlib.sha512(CONTENT).hexdigest())
    path = _fetch(transport, store, expected=digest)
    assert path.read_bytes() == CONTENT
    assert _fetch(transport, store, expected=digest) == path
    assert len(network.requests) == 1
