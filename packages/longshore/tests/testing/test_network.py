"""The network of this process, asked by a client that is not ours."""

import ssl
import urllib.error
import urllib.request

import pytest

from longshore.testing import Network, StaticSite, Status


def _open(network: Network, url: str) -> bytes:
    context = ssl.create_default_context(cafile=str(network.certificate_bundle))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": network.proxy, "https": network.proxy}),
        urllib.request.HTTPSHandler(context=context),
    )
    with opener.open(url, timeout=5) as response:
        content: bytes = response.read()
    return content


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hosts_are_told_apart(network: Network, scheme: str) -> None:
    network.host("one.test", StaticSite({"/a": b"one"}))
    network.host("two.test", StaticSite({"/a": b"two"}))
    assert _open(network, f"{scheme}://one.test/a") == b"one"
    assert _open(network, f"{scheme}://two.test/a?b=c") == b"two"
    seen = [(item.scheme, item.host, item.path) for item in network.requests]
    assert seen == [(scheme, "one.test", "/a"), (scheme, "two.test", "/a?b=c")]
    assert network.paths("two.test") == ["/a?b=c"]


def test_a_host_that_nobody_plays_is_a_bad_gateway(network: Network) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        _open(network, "http://nobody.test/")
    assert caught.value.code == 502
    caught.value.close()


def test_a_fault_ends_after_its_times_and_keeps_to_its_host(network: Network) -> None:
    network.host("one.test", StaticSite({"/a": b"one"}))
    network.host("two.test", StaticSite({"/a": b"two"}))
    network.fail("/a", Status(code=500), host="one.test", times=1)
    assert _open(network, "http://two.test/a") == b"two"
    with pytest.raises(urllib.error.HTTPError) as caught:
        _open(network, "http://one.test/a")
    caught.value.close()
    assert _open(network, "http://one.test/a") == b"one"
