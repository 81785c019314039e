"""The transport against real servers."""

import gzip
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from longshore.errors import TransportError, UsageError
from longshore.net import CredentialStore, Retries, Timeouts, TransientError, Transport
from longshore.testing import (
    Answer,
    Cut,
    ManualClock,
    Network,
    PackageIndex,
    Request,
    Stall,
    StaticSite,
    Status,
)


class Redirecting:
    """Answers with a redirect by path, else with the path."""

    def __init__(self, **locations: str) -> None:
        self.locations = locations

    def answer(self, request: Request) -> Answer:
        if location := self.locations.get(request.path.strip("/")):
            return Answer(status=302, headers={"location": location})
        return Answer(body=request.path.encode())


def test_an_answer_is_read_whole(network: Network, transport: Transport) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    reply = transport.get("http://site.test/a")
    assert (reply.status, reply.body, reply.url) == (200, b"alpha", "http://site.test/a")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert network.requests[0].headers["user-agent"].startswith("longshore/")


def test_tls_is_verified_by_the_bundle_of_the_environment(
    network: Network, transport: Transport
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    assert transport.get("https://site.test/a").body == b"alpha"
    assert network.requests[0].scheme == "https"


def test_a_compressed_answer_is_unpacked(network: Network, transport: Transport) -> None:
    class Zipped:
        def answer(self, request: Request) -> Answer:
            assert request.headers["accept-encoding"] == "gzip"
            return Answer(headers={"content-encoding": "gzip"}, body=gzip.compress(b"a" * 10_000))

    network.host("site.test", Zipped())
    assert transport.get("http://site.test/a").body == b"a" * 10_000
    with pytest.raises(TransportError) as caught:
        transport.get("http://site.test/a", max_bytes=9_999)
    assert str(caught.value) == "http://site.test/a: the answer is larger than 9999 bytes"


def test_a_stream_comes_in_pieces_and_asks_for_no_compression(
    network: Network, transport: Transport
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    with transport.stream("http://site.test/a") as response:
        assert list(response.chunks(2)) == [b"al", b"ph", b"a"]
    assert network.requests[0].headers["accept-encoding"] == "identity"


def test_a_busy_server_is_asked_again_with_growing_waits(
    network: Network, transport: Transport, clock: ManualClock
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Status(code=503), times=2)
    assert transport.get("http://site.test/a").body == b"alpha"
    assert clock.slept == [0.5, 1.0]


def test_retry_after_is_honoured(
    network: Network, transport: Transport, clock: ManualClock
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Status(code=429, headers={"retry-after": "7"}), times=1)
    assert transport.get("http://site.test/a").body == b"alpha"
    assert clock.slept == [7.0]


def test_a_server_that_stays_down_is_given_up(network: Network, transport: Transport) -> None:
    network.host("site.test", StaticSite())
    network.fail("/a", Status(code=500))
    with pytest.raises(TransientError) as caught:
        transport.get("http://user:pw@site.test/a?token=secret")
    assert str(caught.value) == "http://site.test/a: the server answered 500 internal server error"
    assert caught.value.context == ("gave up after 4 attempts",)
    assert caught.value.hint == "try again later"
    assert caught.value.status == 500
    assert len(network.requests) == 4


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "http://site.test/a: not found"),
        (400, "http://site.test/a: the server answered 400 bad request"),
        (501, "http://site.test/a: the server answered 501 not implemented"),
    ],
)
def test_a_final_answer_is_not_asked_for_again(
    network: Network, transport: Transport, status: int, message: str
) -> None:
    network.host("site.test", StaticSite())
    network.fail("/a", Status(code=status))
    with pytest.raises(TransportError) as caught:
        transport.get("http://site.test/a")
    assert str(caught.value) == message
    assert caught.value.status == status
    assert len(network.requests) == 1


def test_without_a_login_401_says_how_to_give_one(network: Network, transport: Transport) -> None:
    network.host("index.test", PackageIndex(login=("me", "pw")))
    with pytest.raises(TransportError) as caught:
        transport.get("https://index.test/simple/a/")
    assert str(caught.value) == (
        "https://index.test/simple/a/: 401 unauthorized, and no credentials are known"
    )
    assert caught.value.hint == (
        "put 'machine index.test login … password …' into ~/.netrc, "
        "or the user name and password into the configured URL"
    )


def test_a_login_that_is_refused_is_named_with_its_source(network: Network, tmp_path: Path) -> None:
    network.host("index.test", PackageIndex(login=("me", "pw")))
    (tmp_path / ".netrc").write_text("machine index.test login me password old\n")
    with (
        network.transport(environment={"HOME": str(tmp_path)}) as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.get("https://index.test/simple/a/")
    assert str(caught.value) == (
        "https://index.test/simple/a/: 401 unauthorized with the credentials of 'me' "
        f"from {tmp_path}/.netrc"
    )
    assert caught.value.hint == "check that 'me' may read there and the password is current"


def test_a_login_is_sent_where_it_belongs(network: Network, tmp_path: Path) -> None:
    index = PackageIndex(login=("me", "pw"))
    network.host("index.test", index)
    (tmp_path / ".netrc").write_text("machine index.test login me password pw\n")
    with (
        network.transport(environment={"HOME": str(tmp_path)}) as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.get("https://index.test/simple/a/")
    assert caught.value.status == 404  # admitted, and there is no such project


def test_the_url_itself_may_carry_a_login(network: Network, transport: Transport) -> None:
    network.host("index.test", PackageIndex(login=("me", "p/w")))
    with pytest.raises(TransportError) as caught:
        transport.get("https://me:p%2Fw@index.test/simple/a/")
    assert caught.value.status == 404


def test_a_redirect_is_followed(network: Network, transport: Transport) -> None:
    network.host("site.test", Redirecting(a="/b"))
    reply = transport.get("https://site.test/a")
    assert (reply.body, reply.url) == (b"/b", "https://site.test/b")


def test_a_redirect_to_another_origin_carries_no_credentials(
    network: Network, transport: Transport
) -> None:
    network.host("site.test", Redirecting(a="https://other.test/b"))
    network.host("other.test", Redirecting(b="https://site.test/c"))
    reply = transport.get("https://me:pw@site.test/a", headers={"cookie": "x"})
    assert reply.url == "https://site.test/c"
    sent = [{"authorization", "cookie"} & set(request.headers) for request in network.requests]
    assert sent == [{"authorization", "cookie"}, set(), set()]


def test_a_redirect_on_the_same_origin_keeps_credentials(
    network: Network, transport: Transport
) -> None:
    network.host("site.test", Redirecting(a="https://evil:x@site.test/b"))
    transport.get("https://me:pw@site.test/a")
    sent = {request.headers.get("authorization") for request in network.requests}
    assert len(sent) == 1
    assert None not in sent


def test_a_redirect_from_tls_to_clear_text_is_refused(
    network: Network, transport: Transport
) -> None:
    network.host("site.test", Redirecting(a="http://site.test/b"))
    with pytest.raises(TransportError) as caught:
        transport.get("https://site.test/a")
    assert str(caught.value) == (
        "https://site.test/a: redirects from https to http://site.test/b, refused"
    )
    assert len(network.requests) == 1


def test_a_redirect_to_another_scheme_is_refused(network: Network, transport: Transport) -> None:
    network.host("site.test", Redirecting(a="file:///etc/passwd"))
    with pytest.raises(TransportError) as caught:
        transport.get("https://site.test/a")
    assert str(caught.value) == (
        "https://site.test/a: redirects to something that is no http or https URL"
    )


def test_a_circle_of_redirects_ends(network: Network, transport: Transport) -> None:
    network.host("site.test", Redirecting(a="/a"))
    with pytest.raises(TransportError) as caught:
        transport.get("http://site.test/a")
    assert str(caught.value) == "http://site.test/a: more than 8 redirects"
    assert len(network.requests) == 9


def test_an_authority_that_is_not_trusted_is_explained(network: Network) -> None:
    network.host("site.test", StaticSite())
    environment = {"https_proxy": network.proxy}
    with (
        Transport(
            credentials=CredentialStore(environment={}), environment=environment
        ) as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.get("https://site.test/a")
    assert str(caught.value) == (
        "https://site.test: the certificate is not trusted: unable to get local issuer certificate"
    )
    assert caught.value.hint == (
        "if your organisation has its own certificate authority, set SSL_CERT_FILE to its bundle"
    )
    assert network.requests == []


def test_a_certificate_of_another_host_is_explained(network: Network, transport: Transport) -> None:
    network.host("site.test", StaticSite())
    network.impersonate("site.test", "other.test")
    with pytest.raises(TransportError) as caught:
        transport.get("https://site.test/a")
    assert str(caught.value) == (
        "https://site.test: the certificate is not trusted: "
        "hostname mismatch, certificate is not valid for 'site.test'"
    )


def test_a_port_without_tls_is_explained(network: Network, clock: ManualClock) -> None:
    with _direct(clock) as transport, pytest.raises(TransportError) as caught:
        transport.get(network.proxy.replace("http:", "https:"))
    assert str(caught.value).startswith(
        f"{network.proxy.replace('http:', 'https:')}: no TLS connection: "
    )


def test_a_refused_connection_is_explained(clock: ManualClock) -> None:
    url = f"http://127.0.0.1:{_free_port()}"
    with _direct(clock) as transport, pytest.raises(TransientError) as caught:
        transport.get(f"{url}/a")
    assert str(caught.value) == f"{url}: connection refused"
    assert caught.value.hint == "check that the server runs and the address is right"
    assert caught.value.status is None
    assert clock.slept == [0.5, 1.0, 2.0]


def test_a_proxy_that_is_down_is_named(clock: ManualClock) -> None:
    proxy = f"http://127.0.0.1:{_free_port()}"
    with (
        _direct(clock, https_proxy=f"http://me:pw@{proxy[7:]}") as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.get("https://site.test/a")
    assert str(caught.value) == (f"{proxy} (the proxy for https://site.test): connection refused")


def test_an_unknown_name_is_explained(clock: ManualClock) -> None:
    with _direct(clock) as transport, pytest.raises(TransportError) as caught:
        transport.get("http://nowhere.invalid/a")
    assert str(caught.value) == "http://nowhere.invalid: the name can't be resolved"
    assert caught.value.hint == "check the address and the network; behind a proxy set https_proxy"


def test_a_silent_server_is_given_up(network: Network, clock: ManualClock) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Stall())
    with (
        network.transport(
            clock=clock, timeouts=Timeouts(read=0.05), retries=Retries(attempts=2)
        ) as transport,
        pytest.raises(TransientError) as caught,
    ):
        transport.get("http://site.test/a")
    assert str(caught.value) == "http://site.test/a: no data within 0.05 s"
    assert caught.value.context == ("gave up after 2 attempts",)


def test_an_answer_that_stops_in_the_middle_is_given_up(
    network: Network, clock: ManualClock
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Stall(after=3))
    timeouts, retries = Timeouts(read=0.05), Retries(attempts=1)
    with (
        network.transport(clock=clock, timeouts=timeouts, retries=retries) as transport,
        pytest.raises(TransientError) as caught,
    ):
        transport.get("http://site.test/a")
    assert str(caught.value) == "http://site.test/a: no data within 0.05 s"
    assert caught.value.context == ()


def test_a_body_that_is_not_what_its_encoding_says_is_explained(
    network: Network, transport: Transport
) -> None:
    class Lying:
        def answer(self, request: Request) -> Answer:  # noqa: ARG002 - the protocol's signature
            return Answer(headers={"content-encoding": "gzip"}, body=b"plain")

    network.host("site.test", Lying())
    with pytest.raises(TransportError) as caught:
        transport.get("http://site.test/a")
    assert str(caught.value) == ("http://site.test/a: the body does not match its content-encoding")


def test_a_proxy_that_wants_a_login_is_explained(network: Network, transport: Transport) -> None:
    network.host("site.test", StaticSite())
    network.fail("/a", Status(code=407))
    with pytest.raises(TransportError) as caught:
        transport.get("http://site.test/a")
    assert str(caught.value) == ("http://site.test/a: the proxy wants a user name and a password")
    assert caught.value.hint == ("put them into the proxy's URL: http://user:password@proxy:port")


def test_a_folder_of_authorities_is_read(network: Network, clock: ManualClock) -> None:
    network.host("site.test", StaticSite())
    folder = str(network.certificate_bundle.parent)
    with (
        _direct(clock, SSL_CERT_DIR=folder, https_proxy=network.proxy) as transport,
        pytest.raises(TransportError, match="is not trusted"),  # no hashed names in it
    ):
        transport.get("https://site.test/a")


def test_a_cut_answer_is_asked_for_again(
    network: Network, transport: Transport, clock: ManualClock
) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Cut(after=3), times=1)
    assert transport.get("http://site.test/a").body == b"alpha"
    assert clock.slept == [0.5]


def test_a_body_in_chunks_is_read_whole_and_its_cut_is_noticed(
    network: Network, transport: Transport, clock: ManualClock
) -> None:
    class Chunked:
        def answer(self, request: Request) -> Answer:  # noqa: ARG002 - the protocol's signature
            return Answer(headers={"transfer-encoding": "chunked"}, body=b"alphabet" * 9)

    network.host("site.test", Chunked())
    assert transport.get("http://site.test/a").body == b"alphabet" * 9
    network.fail("/a", Cut(after=31), times=1)
    assert transport.get("http://site.test/a").body == b"alphabet" * 9
    assert clock.slept == [0.5]


def test_a_cut_stream_says_so(network: Network, transport: Transport) -> None:
    network.host("site.test", StaticSite({"/a": b"alpha"}))
    network.fail("/a", Cut(after=3))
    with (
        transport.stream("http://site.test/a") as response,
        pytest.raises(TransientError) as caught,
    ):
        list(response.chunks())
    assert str(caught.value) == "http://site.test/a: the connection was cut"


def test_no_proxy_goes_direct(network: Network, clock: ManualClock) -> None:
    port = _free_port()
    environment = {"no_proxy": "127.0.0.0/8", "http_proxy": network.proxy}
    with _direct(clock, **environment) as transport, pytest.raises(TransportError) as caught:
        transport.get(f"http://127.0.0.1:{port}/")
    assert str(caught.value) == f"http://127.0.0.1:{port}: connection refused"
    assert network.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.test/x", "relative"])
def test_other_schemes_are_refused(transport: Transport, url: str) -> None:
    with pytest.raises(TransportError) as caught:
        transport.get(url)
    assert str(caught.value) == f"{url}: expected an http or https URL"


def test_a_bundle_that_is_missing_is_named(clock: ManualClock) -> None:
    with (
        _direct(clock, SSL_CERT_FILE="/nowhere/ca.pem") as transport,
        pytest.raises(UsageError) as caught,
    ):
        transport.get("https://site.test/")
    assert str(caught.value) == (
        "SSL_CERT_FILE: can't read '/nowhere/ca.pem': no such file or directory"
    )


def test_a_bundle_that_is_no_pem_is_named(clock: ManualClock, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with (
        _direct(clock, REQUESTS_CA_BUNDLE=str(tmp_path / "ca.pem")) as transport,
        pytest.raises(UsageError) as caught,
    ):
        transport.get("https://site.test/")
    assert (
        str(caught.value) == f"REQUESTS_CA_BUNDLE: can't read '{tmp_path}/ca.pem': not a PEM file"
    )


def test_a_proxy_of_another_scheme_is_refused(clock: ManualClock) -> None:
    with (
        _direct(clock, all_proxy="socks5://me:pw@proxy:1080") as transport,
        pytest.raises(UsageError) as caught,
    ):
        transport.get("https://site.test/")
    assert str(caught.value) == "socks5://proxy:1080: a proxy must be an http or https URL"


def test_importing_the_room_imports_no_client() -> None:
    code = (
        "import sys, longshore.net; "
        "print(sorted({'urllib3', 'requests', 'ssl', 'http.client'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _direct(clock: ManualClock, **environment: str) -> Transport:
    return Transport(
        credentials=CredentialStore(environment=environment), environment=environment, clock=clock
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
