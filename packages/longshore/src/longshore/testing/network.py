"""A network in this process: an HTTP proxy that plays every ``*.test`` host itself."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from longshore.net import CredentialStore, Retries, Timeouts, Transport
from longshore.testing.clock import ManualClock
from longshore.testing.faults import Fault
from longshore.testing.handler import ProxyHandler
from longshore.testing.site import Answer, Request, Site
from longshore.types import Reporter

if TYPE_CHECKING:
    import trustme

SiteT = TypeVar("SiteT", bound=Site)


@dataclass(slots=True)
class _Planned:
    matches: Callable[[Request], bool]
    fault: Fault
    times: int | None


class Network:
    """Serves hosts until it is closed; use it as a context manager.

    Clients reach it through ``environment``, which names it as their proxy and its certificate
    authority as the only one. ``requests`` lists what arrived, in order.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closing = Event()
        self._sites: dict[str, Site] = {}
        self._faults: list[_Planned] = []
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._certificate_hosts: dict[str, str] = {}
        self._lock = Lock()
        self._folder = TemporaryDirectory(prefix="longshore-network-")
        self._authority: trustme.CA | None = None

    def host(self, name: str, site: SiteT) -> SiteT:
        """Serve a site under a host name, such as ``index.test``; return the site."""
        self._sites[name] = site
        return site

    def fail(
        self, path: str, fault: Fault, *, host: str | None = None, times: int | None = None
    ) -> None:
        """Inject a fault into requests whose path contains ``path``.

        Args:
            path: a part of the path.
            fault: what goes wrong.
            host: only for that host.
            times: for so many requests, or for all.
        """

        def matches(request: Request) -> bool:
            return path in request.path and host in (None, request.host)

        with self._lock:
            self._faults.append(_Planned(matches, fault, times))

    def impersonate(self, host: str, other: str) -> None:
        """Present the certificate of another host name for a host."""
        self._certificate_hosts[host] = other

    def transport(
        self,
        *,
        environment: dict[str, str] | None = None,
        reporter: Reporter | None = None,
        clock: ManualClock | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
    ) -> Transport:
        """Return a transport into this network; waiting between tries takes no time."""
        variables = self.environment | (environment or {})
        return Transport(
            credentials=CredentialStore(environment=variables),
            environment=variables,
            reporter=reporter,
            timeouts=timeouts or Timeouts(connect=5.0, read=5.0),
            retries=retries,
            clock=clock or ManualClock(),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables through which a client, of any make, comes here."""
        return {
            "http_proxy": self.proxy,
            "https_proxy": self.proxy,
            "SSL_CERT_FILE": str(self.certificate_bundle),
        }

    @property
    def proxy(self) -> str:
        """The proxy's URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def certificate_bundle(self) -> Path:
        """A PEM file with the network's certificate authority."""
        path = Path(self._folder.name) / "ca.pem"
        if not path.exists():
            path.write_bytes(self._certificate_authority().cert_pem.bytes())
        return path

    def paths(self, host: str | None = None) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [request.path for request in self.requests if host in (None, request.host)]

    def __enter__(self) -> Self:
        handler = type("Handler", (ProxyHandler,), {"network": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def take(self, request: Request) -> tuple[Answer, Fault | None]:
        """Return a host's answer and what shall go wrong with it; called by the server."""
        with self._lock:
            self.requests.append(request)
            fault = self._next_fault(request)
        site = self._sites.get(request.host)
        if site is None:
            return Answer(status=502, body=b"no such host"), fault
        return site.answer(request), fault

    def tls(self, host: str) -> ssl.SSLContext:
        """Return the server's side of TLS for a host; called by the server."""
        name = self._certificate_hosts.get(host, host)
        with self._lock:
            if name not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._certificate_authority().issue_cert(name).configure_cert(context)
                self._contexts[name] = context
            return self._contexts[name]

    def _next_fault(self, request: Request) -> Fault | None:
        for planned in self._faults:
            if planned.times != 0 and planned.matches(request):
                if planned.times is not None:
                    planned.times -= 1
                return planned.fault
        return None

    def _certificate_authority(self) -> "trustme.CA":
        if self._authority is None:
            import trustme  # noqa: PLC0415 - only who asks for TLS needs it

            self._authority = trustme.CA()
        return self._authority
