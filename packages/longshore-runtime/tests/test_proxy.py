"""Forwarding headers count only from trusted proxies, and only as far as trust reaches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.errors import ConfigError
from longshore_runtime.proxy import ProxyTrust, Trust, find_client, parse_address, parse_forwarded

if TYPE_CHECKING:
    import ipaddress


def forwarded_scope(
    headers: dict[str, str], *, peer: str = "127.0.0.1", trust: str = "loopback", **more: Any
) -> Any:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 -- the protocol
        seen.update(scope)

    scope = {
        "type": "http",
        "path": "/tasks",
        "raw_path": b"/tasks",
        "scheme": "http",
        "client": (peer, 1234),
        "server": ("10.0.0.5", 8000),
        "headers": [(b"host", b"inner:8000")]
        + [(name.encode(), value.encode()) for name, value in headers.items()],
        **more,
    }
    asyncio.run(ProxyTrust(app, Trust.parse(trust))(scope, None, None))  # type: ignore[arg-type]
    return seen


def test_untrusted_peer_is_not_believed() -> None:
    seen = forwarded_scope({"x-forwarded-for": "1.2.3.4"}, peer="203.0.113.9")
    assert seen["client"] == ("203.0.113.9", 1234)


def test_trusted_peer_tells_client_scheme_and_host() -> None:
    seen = forwarded_scope(
        {
            "x-forwarded-for": "198.51.100.7",
            "x-forwarded-proto": "https",
            "x-forwarded-host": "tasks.example.com",
        }
    )
    assert seen["client"] == ("198.51.100.7", 0)
    assert seen["scheme"] == "https"
    assert seen["server"] == ("tasks.example.com", 443)
    assert dict(seen["headers"])[b"host"] == b"tasks.example.com"


def test_spoofed_entry_on_the_left_is_not_reached() -> None:
    seen = forwarded_scope({"x-forwarded-for": "6.6.6.6, 198.51.100.7"})
    assert seen["client"][0] == "198.51.100.7"


def test_chain_of_trusted_proxies_is_walked() -> None:
    seen = forwarded_scope(
        {"x-forwarded-for": "198.51.100.7, 10.1.2.3, 10.1.2.4"}, trust="loopback, private"
    )
    assert seen["client"][0] == "198.51.100.7"


def test_entry_that_is_no_address_ends_the_walk() -> None:
    seen = forwarded_scope({"x-forwarded-for": "198.51.100.7, unknown, 10.1.2.3"}, trust="private")
    assert seen["client"][0] == "10.1.2.3"


def test_websocket_scheme() -> None:
    seen = forwarded_scope({"x-forwarded-proto": "https"}, type="websocket", scheme="ws")
    assert seen["scheme"] == "wss"


def test_prefix_becomes_the_root_path() -> None:
    seen = forwarded_scope({"x-forwarded-prefix": "/api/"})
    assert (seen["root_path"], seen["path"], seen["raw_path"]) == (
        "/api",
        "/api/tasks",
        b"/api/tasks",
    )


def test_prefix_that_was_not_stripped_is_not_doubled() -> None:
    seen = forwarded_scope({"x-forwarded-prefix": "/tasks"}, path="/tasks/1", raw_path=b"/tasks/1")
    assert (seen["root_path"], seen["path"]) == ("/tasks", "/tasks/1")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-proto": "javascript"},
        {"x-forwarded-host": "evil.example/../x"},
        {"x-forwarded-host": "a b"},
        {"x-forwarded-prefix": "//evil.example"},
        {"x-forwarded-prefix": "http://evil.example"},
        {"x-forwarded-for": "not an address"},
        {"forwarded": "for=_hidden"},
    ],
)
def test_nonsense_from_a_trusted_proxy_changes_nothing(headers: dict[str, str]) -> None:
    seen = forwarded_scope(headers)
    assert seen["client"] == ("127.0.0.1", 1234)
    assert (seen["scheme"], seen["server"]) == ("http", ("10.0.0.5", 8000))
    assert "root_path" not in seen


def test_forwarded_is_read_when_alone() -> None:
    seen = forwarded_scope(
        {"forwarded": 'for="[2001:db8::7]:4711";proto=https;host=tasks.example.com, for=127.0.0.1'}
    )
    assert seen["client"][0] == "2001:db8::7"
    assert seen["scheme"] == "https"


def test_forwarded_that_the_client_sent_through_is_ignored() -> None:
    seen = forwarded_scope({"forwarded": "for=6.6.6.6", "x-forwarded-for": "198.51.100.7"})
    assert seen["client"][0] == "198.51.100.7"


def test_malformed_configuration_names_every_wrong_entry() -> None:
    with pytest.raises(ConfigError) as caught:
        Trust.parse("10.0.0.0/8, 10.0.0.1/8, everyone")
    assert "'10.0.0.1/8', 'everyone'" in caught.value.message


@given(st.ip_addresses())
def test_private_covers_no_global_address(address: Any) -> None:
    if address.is_global:
        assert not Trust.parse("private").covers(str(address))


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=6))
def test_client_is_the_first_untrusted_hop_from_the_right(hops: list[str]) -> None:
    trust = Trust.parse("10.0.0.0/8")
    index, client = find_client(tuple(hops), trust)
    assert all(trust.covers(hop) for hop in hops[index + 1 :])
    if client is not None and not trust.covers(client):
        assert hops[index] == client
    if hops and client is not None and trust.covers(client):
        assert index == 0


@given(st.ip_addresses(), st.integers(1, 65535))
def test_address_is_found_with_port_and_brackets(address: Any, port: int) -> None:
    text = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    mapped = getattr(address, "ipv4_mapped", None)
    assert parse_address(text) == (mapped or address)
    assert parse_address(f'"{text}"') == (mapped or address)


@given(st.text(max_size=200))
def test_forwarded_parser_takes_anything(text: str) -> None:
    for element in parse_forwarded(text):
        assert all(isinstance(value, str) for value in element.values())


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=5))
def test_forwarded_elements_come_back_in_order(
    addresses: list[ipaddress.IPv4Address],
) -> None:
    text = ", ".join(f'For="{address}";proto=https' for address in addresses)
    assert [element["for"] for element in parse_forwarded(text)] == [str(a) for a in addresses]
