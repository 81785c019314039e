"""The choice of a proxy."""

import pytest

from longshore.net.proxies import choose_proxy, is_bypassed


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("https://index.test/", {}, None),
        ("https://index.test/", {"https_proxy": "http://proxy:3128"}, "http://proxy:3128"),
        ("https://index.test/", {"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ("https://index.test/", {"http_proxy": "http://proxy:3128"}, None),
        ("https://index.test/", {"ALL_PROXY": "http://all:1"}, "http://all:1"),
        (
            "http://index.test/",
            {"http_proxy": "http://a:1", "HTTP_PROXY": "http://b:1"},
            "http://a:1",
        ),
        ("http://index.test/", {"HTTP_PROXY": "http://b:1", "REQUEST_METHOD": "GET"}, None),
        ("https://index.test/", {"https_proxy": "http://a:1", "NO_PROXY": ".test"}, None),
    ],
)
def test_the_proxy_follows_the_environment(
    url: str, environment: dict[str, str], expected: str | None
) -> None:
    assert choose_proxy(url, environment) == expected


@pytest.mark.parametrize(
    ("host", "port", "no_proxy", "expected"),
    [
        ("index.test", None, "", False),
        ("index.test", None, "*", True),
        ("index.test", None, "other, index.test", True),
        ("a.index.test", None, "index.test", True),
        ("a.index.test", None, ".index.test", True),
        ("myindex.test", None, "index.test", False),
        ("index.test", 8443, "index.test:8443", True),
        ("index.test", None, "index.test:8443", False),
        ("10.1.2.3", None, "10.0.0.0/8", True),
        ("11.1.2.3", None, "10.0.0.0/8", False),
        ("10.1.2.3", None, "10.1.2.3", True),
        ("::1", None, "::1", True),
        ("index.test", None, "INDEX.test", True),
    ],
)
def test_no_proxy_names_hosts_domains_ports_and_networks(
    host: str, port: int | None, no_proxy: str, expected: bool
) -> None:
    assert is_bypassed(host, port, no_proxy) is expected
