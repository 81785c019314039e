"""Origins (RFC 6454 §4): what credentials belong to, and do not leave by a redirect."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

_NO_PORT = re.compile(r":[^:\]]*[^0-9:\]][^:\]]*$")
"""What stands where a port would, and is none."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """A scheme, a host in lower case and a port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the origin of an ``http`` or ``https`` URL.

        Raises:
            ValueError: for any other scheme, a URL without a host, or a bad port.
        """
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            msg = f"expected an http or https URL, got {redact_url(url)!r}"
            raise ValueError(msg)
        return cls(parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme])

    @property
    def is_confidential(self) -> bool:
        """Whether a password sent there can't be read on the way: TLS, or this machine itself."""
        return self.scheme == "https" or _is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _without_userinfo(parts: SplitResult) -> SplitResult:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])


def split_userinfo(url: str) -> tuple[str, str, str]:
    """Return the URL without its user information, the user name and the password, decoded."""
    parts = urlsplit(url)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    return urlunsplit(_without_userinfo(parts)), username, password


def redact_url(url: str) -> str:
    """Return a URL for people: without user information, query and fragment.

    Signed download links carry their secret in the query. A password that was not encoded, or a
    mistake in the address, puts user information where no parser finds it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a malformed URL)"
    has_login = "@" in parts.netloc
    has_host = parts.netloc and (parts.path or has_login) and not _NO_PORT.search(parts.netloc)
    if "@" in url and not (has_login or has_host):
        return "(a malformed URL)"
    if not has_login and ":" in parts.netloc.rpartition("]")[2] and "@" in parts.path:
        return f"{parts.scheme}://***@{parts.path.rpartition('@')[2]}"  # a '/' in the password
    return urlunsplit(_without_userinfo(parts)._replace(query="", fragment=""))
