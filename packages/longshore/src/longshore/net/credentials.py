"""Credentials by origin: from the index URLs of the environment, from a URL, from netrc.

A name (``UV_INDEX_ACME_PASSWORD``) only counts through the URL that the environment gives to that
name, so a project's own files can't direct a password to another host.
"""

import netrc
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from longshore.errors import UsageError
from longshore.net.origin import Origin, split_userinfo
from longshore.types import Secret

_INDEX_VARIABLES = (
    "LONGSHORE_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
)
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)=(?P<url>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user name and its secret; ``source`` says where they were found, for messages."""

    username: str
    secret: Secret
    source: str


class CredentialStore:
    """Finds the credential of an origin.

    Args:
        environment: where index URLs are looked up, and the netrc: the file that ``NETRC`` names,
            else ``.netrc`` in ``HOME``.
    """

    def __init__(self, *, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = Lock()
        self._remembered: dict[Origin, Credential] = {}

    def lookup(self, origin: Origin) -> Credential | None:
        """Return the credential of an origin, or ``None``.

        A netrc knows hosts only, so its entries are used over TLS and on this machine, never in
        clear; its ``default`` entry, which fits every host, is not used.

        Raises:
            UsageError: if the netrc can't be parsed.
        """
        with self._lock:
            known = self._remembered.get(origin) or self._from_environment.get(origin)
        if known is not None or not origin.is_confidential:
            return known
        return self._from_netrc.get(origin.host)

    def remember(self, url: str, *, source: str) -> str:
        """Keep the user information of a URL for its origin; return the URL without it.

        Raises:
            ValueError: if it is no http or https URL.
        """
        plain, username, password = split_userinfo(url)
        origin = Origin.of(plain)
        if username or password:
            credential = Credential(username=username, secret=Secret(password), source=source)
            with self._lock:
                self._remembered.setdefault(origin, credential)
        return plain

    @cached_property
    def _from_environment(self) -> dict[Origin, Credential]:
        found: dict[Origin, Credential] = {}
        for variable, name, url in index_urls(self._environment):
            try:
                plain, username, password = split_userinfo(url)
                origin = Origin.of(plain)
            except ValueError:
                continue  # a folder, or a mistake that the index itself reports
            source = variable
            if name and not password:
                prefix = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"
                username = self._environment.get(f"{prefix}_USERNAME", username)
                password = self._environment.get(f"{prefix}_PASSWORD", "")
                source = f"{prefix}_USERNAME and {prefix}_PASSWORD"
            if username or password:
                credential = Credential(username=username, secret=Secret(password), source=source)
                found.setdefault(origin, credential)
        return found

    @cached_property
    def _from_netrc(self) -> dict[str, Credential]:
        path = self._netrc_path()
        if path is None:
            return {}
        try:
            hosts = netrc.netrc(path).hosts
        except OSError:
            return {}
        except (netrc.NetrcParseError, UnicodeDecodeError) as error:
            reason = error.msg if isinstance(error, netrc.NetrcParseError) else "not text"
            line = getattr(error, "lineno", None)
            where = f"{path}:{line}" if line else str(path)
            msg = f"{where}: can't read the netrc: {reason}"
            raise UsageError(msg, hint="correct the file, or point NETRC at another one") from error
        return {
            host.lower(): Credential(
                username=login, secret=Secret(password or ""), source=str(path)
            )
            for host, (login, _, password) in hosts.items()
            if host != "default"
        }

    def _netrc_path(self) -> Path | None:
        if chosen := self._environment.get("NETRC"):
            return Path(chosen)
        home = self._environment.get("HOME")
        return Path(home) / ".netrc" if home else None


def index_urls(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each index of the environment: the variable, the index's name or ``""``, its URL."""
    for variable in _INDEX_VARIABLES:
        for entry in environment.get(variable, "").split():
            named = _NAMED.fullmatch(entry) if "://" not in entry.partition("=")[0] else None
            if named:
                yield variable, named["name"], named["url"]
            else:
                yield variable, "", entry
