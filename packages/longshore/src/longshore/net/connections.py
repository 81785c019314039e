"""The one module that speaks urllib3: pools by proxy, one request, its exceptions translated.

``Transport`` imports it with the first request, so that a command that needs no network does not
pay for urllib3 and OpenSSL.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

import urllib3
from urllib3 import exceptions
from urllib3.util import make_headers

from longshore import __version__
from longshore.errors import TransportError, UsageError
from longshore.net.certificates import tls_context
from longshore.net.connection_failures import (
    connection_failure,
    interrupted_failure,
    timeout_failure,
)
from longshore.net.credentials import Credential
from longshore.net.origin import Origin, redact_url, split_userinfo
from longshore.net.proxies import choose_proxy
from longshore.net.retries import Timeouts

_POOL_SIZE = 16
"""Idle connections kept per host: as many as wheels are fetched at once, and some."""


class Connections:
    """Pools of connections, one per proxy in use; thread-safe."""

    def __init__(self, *, environment: Mapping[str, str], timeouts: Timeouts) -> None:
        self._environment = environment
        self._timeouts = timeouts
        self._context = tls_context(environment)
        self._lock = Lock()
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def request(
        self, url: str, headers: Mapping[str, str], credential: Credential | None
    ) -> urllib3.BaseHTTPResponse:
        """Make one GET request, without redirects and retries; the body is still to be read.

        Raises:
            TransportError: if no answer comes.
        """
        proxy = choose_proxy(url, self._environment)
        sent = {"user-agent": f"longshore/{__version__}", **headers}
        if credential is not None:
            login = f"{credential.username}:{credential.secret.reveal()}"
            sent |= make_headers(basic_auth=login)
        with self.failures_explained(url, proxy=proxy):
            return self._pool(proxy).request(
                "GET", url, headers=sent, redirect=False, retries=False, preload_content=False
            )

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.clear()

    @contextmanager
    def failures_explained(self, url: str, *, proxy: str | None = None) -> Iterator[None]:
        """Turn urllib3's exceptions into errors that name the URL."""
        try:
            yield
        except exceptions.HTTPError as error:
            raise self._explain(url, error, proxy=proxy) from error

    def _explain(
        self, url: str, error: exceptions.HTTPError, *, proxy: str | None
    ) -> TransportError:
        cause = _root_cause(error)
        match error:
            case exceptions.ReadTimeoutError():
                return timeout_failure(url, connecting=False, seconds=self._timeouts.read)
            case exceptions.NewConnectionError() | exceptions.SSLError() | exceptions.ProxyError():
                return connection_failure(url, cause, proxy=proxy)
            case exceptions.ConnectTimeoutError():
                return timeout_failure(url, connecting=True, seconds=self._timeouts.connect)
            case exceptions.DecodeError():
                msg = f"{redact_url(url)}: the body does not match its content-encoding"
                return TransportError(msg, hint="check the server, or a proxy in between")
            case exceptions.LocationValueError():
                return TransportError(f"{redact_url(url)}: malformed URL", hint="correct it")
            case _:  # ProtocolError, IncompleteRead: the other side hung up
                return interrupted_failure(url)

    def _pool(self, proxy: str | None) -> urllib3.PoolManager:
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = self._make_pool(proxy)
            return self._pools[proxy]

    def _make_pool(self, proxy: str | None) -> urllib3.PoolManager:
        timeout = urllib3.Timeout(connect=self._timeouts.connect, read=self._timeouts.read)
        if proxy is None:
            return urllib3.PoolManager(
                maxsize=_POOL_SIZE, timeout=timeout, ssl_context=self._context
            )
        try:
            address, username, password = split_userinfo(proxy)
            Origin.of(address)
        except ValueError as error:
            msg = f"{redact_url(proxy)}: a proxy must be an http or https URL"
            raise UsageError(msg, hint="correct http_proxy, https_proxy or all_proxy") from error
        login = make_headers(proxy_basic_auth=f"{username}:{password}") if username else None
        return urllib3.ProxyManager(
            address,
            maxsize=_POOL_SIZE,
            timeout=timeout,
            ssl_context=self._context,
            proxy_headers=login,
        )


def _root_cause(error: BaseException) -> BaseException:
    """Return the operating system's or OpenSSL's exception below urllib3's."""
    while True:
        nested = [item for item in error.args if isinstance(item, BaseException)]
        below = error.__cause__ or (nested[0] if nested else None)
        if below is None:
            return error
        error = below
