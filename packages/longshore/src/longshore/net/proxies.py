"""Which proxy a request goes through, by the environment variables that curl and pip know."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


def choose_proxy(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the proxy's URL for a request, or ``None`` for a direct connection.

    The lower-case variable wins. ``HTTP_PROXY`` in capitals is ignored in a CGI process, where a
    client's ``Proxy:`` header would set it (CVE-2016-5385).
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if is_bypassed(host, parts.port, _variable("no_proxy", environment)):
        return None
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    if parts.scheme == "http" and "REQUEST_METHOD" in environment:
        proxy = environment.get("http_proxy", "")
    else:
        proxy = next(filter(None, (_variable(name, environment) for name in names)), "")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    """Tell whether ``no_proxy`` names a host.

    Entries are separated by commas or blanks: ``*``, a domain with its subdomains (a leading dot
    changes nothing), ``host:port``, an address, or a network such as ``10.0.0.0/8``.
    """
    return any(_names(entry, host, port) for entry in no_proxy.replace(",", " ").lower().split())


def _names(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        pass  # one of them is a name
    domain, colon, entry_port = entry.rpartition(":")
    if colon and entry_port.isdigit():
        if port is None or int(entry_port) != port:
            return False
        entry = domain
    entry = entry.lstrip(".")
    return host == entry or host.endswith(f".{entry}")


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""
