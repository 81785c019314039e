"""The HTTP client that everything goes through.

It is not a general one: GET only so far, no cookies, and redirects are followed by hand, because
credentials must stay with their origin and TLS must not be lost on the way.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from longshore.errors import TransportError
from longshore.net.clock import Clock, SystemClock
from longshore.net.credentials import Credential, CredentialStore
from longshore.net.failures import status_failure
from longshore.net.origin import Origin, redact_url, split_userinfo
from longshore.net.retries import Retries, Timeouts, parse_retry_after
from longshore.types import NullReporter, Reporter, Secret

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from longshore.net.connections import Connections

MAX_BODY = 64 << 20
"""Bytes that ``get`` takes into memory at most, unless told otherwise."""

CHUNK = 256 << 10
"""Bytes per piece of a stream: flat memory, and a progress bar that moves."""

MAX_REDIRECTS = 8
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie"})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer. ``headers`` have lower-case names; ``url`` is the one after redirects."""

    status: int
    headers: Mapping[str, str] = field(hash=False)
    body: bytes = field(repr=False)
    url: str


class Response:
    """An answer whose body is read in pieces; ``headers`` have lower-case names."""

    def __init__(self, raw: "BaseHTTPResponse", *, url: str, connections: "Connections") -> None:
        self._raw = raw
        self._connections = connections
        self.url = url
        self.status = raw.status
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in raw.headers.items()}

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the body in pieces of at most ``size`` bytes, content encodings undone.

        Raises:
            TransientError: if the connection is cut or no data comes in time.
        """
        with self._connections.failures_explained(self.url):
            # not stream(): it holds back what came before a cut, and a download resumes there
            while chunk := self._raw.read1(size, decode_content=True):
                yield chunk

    def close(self) -> None:
        """Give the connection up; one that was read to its end is reused anyway."""
        self._raw.close()


class Transport:
    """Fetches from servers: proxies, certificates, credentials, redirects and retries.

    Safe to use from several threads. No connection is made before the first request.

    Args:
        credentials: who asks.
        environment: proxies and certificate authorities (``https_proxy``, ``SSL_CERT_FILE`` …).
        reporter: told about downloads.
        timeouts: in seconds.
        retries: for what may succeed later.
        clock: waits between the tries.
    """

    def __init__(
        self,
        *,
        credentials: CredentialStore,
        environment: Mapping[str, str],
        reporter: Reporter | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.credentials = credentials
        self.reporter = reporter or NullReporter()
        self.retries = retries or Retries()
        self.clock = clock or SystemClock()
        self._environment = environment
        self._timeouts = timeouts or Timeouts()

    def get(
        self, url: str, *, headers: Mapping[str, str] = _NO_HEADERS, max_bytes: int = MAX_BODY
    ) -> Reply:
        """Fetch a whole answer into memory.

        Raises:
            TransportError: if no answer comes, its status is 400 or more, or the body is larger
                than ``max_bytes``.
        """

        def attempt() -> Reply:
            response = self._open(url, {"accept-encoding": "gzip", **headers})
            try:
                body = _read(response, max_bytes)
            finally:
                response.close()
            return Reply(
                status=response.status, headers=response.headers, body=body, url=response.url
            )

        return self.retries.run(attempt, clock=self.clock)

    @contextmanager
    def stream(self, url: str, *, headers: Mapping[str, str] = _NO_HEADERS) -> Iterator[Response]:
        """Open an answer to be read in pieces; the request is retried, the reading is not.

        Raises:
            TransportError: if no answer comes or its status is 400 or more.
        """
        wanted = {"accept-encoding": "identity", **headers}
        response = self.retries.run(lambda: self._open(url, wanted), clock=self.clock)
        try:
            yield response
        finally:
            response.close()

    def close(self) -> None:
        """Close idle connections."""
        if "_connections" in self.__dict__:
            self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _connections(self) -> "Connections":
        from longshore.net.connections import (  # noqa: PLC0415 - urllib3 only where it is used
            Connections,
        )

        return Connections(environment=self._environment, timeouts=self._timeouts)

    def _open(self, url: str, headers: Mapping[str, str]) -> Response:
        """Make one request, redirects followed."""
        url, credential = self._identify(url)
        origin = Origin.of(url)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send(url, headers, credential)
            if response.status not in _REDIRECTS or "location" not in response.headers:
                break
            response.close()
            url = _redirect(url, response.headers["location"])
            if Origin.of(url) != origin:  # for good: coming back is not trusted either
                credential = None
                headers = {k: v for k, v in headers.items() if k.lower() not in _PRIVATE_HEADERS}
        else:
            msg = f"{redact_url(url)}: more than {MAX_REDIRECTS} redirects"
            raise TransportError(msg, hint="check the address of the index or mirror")
        if response.status >= HTTPStatus.BAD_REQUEST:
            response.close()
            retry_after = parse_retry_after(
                response.headers.get("retry-after"), now=self.clock.now()
            )
            raise status_failure(
                url, response.status, credential=credential, retry_after=retry_after
            )
        return response

    def _identify(self, url: str) -> tuple[str, Credential | None]:
        try:
            plain, username, password = split_userinfo(url)
            origin = Origin.of(plain)
        except ValueError as error:
            msg = f"{redact_url(url)}: expected an http or https URL"
            raise TransportError(msg, hint="correct the address") from error
        if username or password:
            return plain, Credential(username=username, secret=Secret(password), source="the URL")
        return plain, self.credentials.lookup(origin)

    def _send(
        self, url: str, headers: Mapping[str, str], credential: Credential | None
    ) -> Response:
        raw = self._connections.request(url, headers, credential)
        return Response(raw, url=url, connections=self._connections)


def _redirect(url: str, location: str) -> str:
    """Return where a redirect leads, without user information, never from TLS to no TLS."""
    try:
        target, _, _ = split_userinfo(urljoin(url, location))
        scheme = Origin.of(target).scheme
    except ValueError as error:
        msg = f"{redact_url(url)}: redirects to something that is no http or https URL"
        raise TransportError(msg, hint="check the address of the index or mirror") from error
    if Origin.of(url).scheme == "https" and scheme != "https":
        msg = f"{redact_url(url)}: redirects from https to {redact_url(target)}, refused"
        raise TransportError(msg, hint="ask who runs the server to redirect to https")
    return target


def _read(response: Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.chunks():
        body += chunk
        if len(body) > max_bytes:
            msg = f"{redact_url(response.url)}: the answer is larger than {max_bytes} bytes"
            raise TransportError(msg, hint="check the address of the index or mirror")
    return bytes(body)
