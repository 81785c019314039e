"""Believe what trusted proxies say about the client: ``Forwarded`` and ``X-Forwarded-*``.

``TRUSTED_PROXIES`` holds networks (``10.0.0.0/8``), addresses, ``private`` (RFC 1918 and its IPv6
kin) and ``loopback``; only loopback is trusted unless told otherwise. The list of hops is walked
from the right: the first address that is not a trusted proxy is the client. ``Forwarded``
(RFC 7239) counts only where no ``X-Forwarded-For`` is present, since the usual proxies overwrite
the latter and pass the former through from the client.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from longshore_runtime.asgi import ASGIApp, Headers, Receive, Scope, Send

VARIABLE: Final = "TRUSTED_PROXIES"
GROUPS: Final = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    ),
}
CACHE_LIMIT: Final = 4096
"""Addresses whose answer is remembered; proxies are few, so this is never reached in earnest."""

RELEVANT: Final = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-prefix",
    }
)
SCHEMES: Final = {
    ("http", False): "http",
    ("https", False): "https",
    ("http", True): "ws",
    ("https", True): "wss",
    ("ws", True): "ws",
    ("wss", True): "wss",
}
HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
PREFIX: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]*")
FORWARDED_PAIR: Final = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^;,\s"]*)')

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Trust:
    """The networks whose word counts.

    Args:
        networks: CIDR networks.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks = tuple(networks)
        self._known: dict[str, bool] = {}

    @classmethod
    def parse(cls, text: str) -> Trust:
        """Parse a list separated by commas.

        Raises:
            ConfigError: an entry is none of the known forms; all of them are named at once.
        """
        networks: list[Network] = []
        wrong: list[str] = []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            try:
                networks += [ipaddress.ip_network(each) for each in GROUPS.get(entry, (entry,))]
            except ValueError:
                wrong.append(entry)
        if wrong:
            msg = f"{VARIABLE}: not a network or address: {', '.join(map(repr, wrong))}"
            raise ConfigError(msg, hint="write networks such as 10.0.0.0/8, private or loopback")
        return cls(networks)

    def covers(self, host: str) -> bool:
        """Whether an address belongs to a trusted proxy."""
        known = self._known.get(host)
        if known is None:
            address = parse_address(host)
            known = address is not None and any(address in network for network in self.networks)
            if len(self._known) < CACHE_LIMIT:
                self._known[host] = known
        return known


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the proxies say, header by header; lists run from the client to us."""

    hops: tuple[str, ...] = ()
    protos: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    prefix: str = ""


class ProxyTrust:
    """An ASGI application that applies trusted proxies' headers to the scope.

    Args:
        app: the application behind it.
        trust: whose word counts.
    """

    def __init__(self, app: ASGIApp, trust: Trust) -> None:
        self.app = app
        self.trust = trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        client = scope.get("client")
        if client and self.trust.covers(client[0]):
            for name, _ in scope["headers"]:
                if name in RELEVANT:
                    apply_claim(scope, read_claim(scope["headers"]), self.trust)
                    break
        await self.app(scope, receive, send)


def read_claim(headers: Headers) -> Claim:
    """Read the forwarding headers of a request."""
    values: dict[bytes, str] = {}
    for name, value in headers:
        if name in RELEVANT:
            text = value.decode("latin-1")
            values[name] = f"{values[name]},{text}" if name in values else text
    prefix = values.get(b"x-forwarded-prefix", "").strip()
    if b"x-forwarded-for" not in values and b"forwarded" in values:
        elements = parse_forwarded(values[b"forwarded"])
        return Claim(
            hops=tuple(element.get("for", "unknown") for element in elements),
            protos=tuple(element.get("proto", "") for element in elements),
            hosts=tuple(element.get("host", "") for element in elements),
            prefix=prefix,
        )
    return Claim(
        hops=_split(values.get(b"x-forwarded-for", "")),
        protos=_split(values.get(b"x-forwarded-proto", "")),
        hosts=_split(values.get(b"x-forwarded-host", "")),
        prefix=prefix,
    )


def apply_claim(scope: Scope, claim: Claim, trust: Trust) -> None:
    """Change the scope to what the client sent to the outermost trusted proxy."""
    index, client = find_client(claim.hops, trust)
    if client is not None:
        scope["client"] = (client, 0)
    is_websocket = scope["type"] == "websocket"
    proto = _pick(claim.protos, index, len(claim.hops)).lower()
    if (proto, is_websocket) in SCHEMES:
        scope["scheme"] = SCHEMES[proto, is_websocket]
    host = _pick(claim.hosts, index, len(claim.hops))
    if HOST.fullmatch(host):
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"].append((b"host", host.encode("ascii")))
        scope["server"] = _server(host, scope.get("scheme", "http"))
    if PREFIX.fullmatch(claim.prefix) and not claim.prefix.startswith("//"):
        add_prefix(scope, claim.prefix.rstrip("/"))


def find_client(hops: tuple[str, ...], trust: Trust) -> tuple[int, str | None]:
    """Return the position and address of the client in a list of hops.

    An entry that is no address (``unknown``, an obfuscated name, garbage) ends the walk: what lies
    beyond it cannot be vouched for.
    """
    index, client = len(hops), None
    for position in range(len(hops) - 1, -1, -1):
        address = parse_address(hops[position])
        if address is None:
            break
        index, client = position, str(address)
        if not trust.covers(client):
            break
    return index, client


def add_prefix(scope: Scope, prefix: str) -> None:
    """Mount the application under a prefix that the proxy has stripped (ASGI ``root_path``)."""
    if not prefix:
        return
    scope["root_path"] = prefix + scope.get("root_path", "")
    if not scope["path"].startswith(prefix + "/"):
        scope["path"] = prefix + scope["path"]
        if scope.get("raw_path") is not None:
            scope["raw_path"] = prefix.encode("ascii") + scope["raw_path"]


def parse_address(text: str) -> Address | None:
    """Parse an address with or without port and brackets; None when it is something else."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


def parse_forwarded(text: str) -> list[dict[str, str]]:
    """Parse the elements of ``Forwarded`` (RFC 7239, section 4); the nearest proxy is last."""
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(text):
        match = FORWARDED_PAIR.match(text, position)
        if match:
            value = match.group(2)
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            elements[-1].setdefault(match.group(1).lower(), value)
            position = match.end()
        else:
            if text[position] == ",":
                elements.append({})
            position += 1
    return [element for element in elements if element]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _pick(values: tuple[str, ...], index: int, hops: int) -> str:
    """Return the value that belongs to a hop; without one for each, the nearest proxy's."""
    if not values:
        return ""
    return values[index] if len(values) == hops and index < hops else values[-1]


def _server(host: str, scheme: str) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        return name.strip("[]"), int(port)
    return host.strip("[]"), 443 if scheme in {"https", "wss"} else 80
