"""The server's side of a connection: absolute-form requests and CONNECT (RFC 9110 §9.3.6)."""

import ssl
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from longshore.testing.faults import Corrupt, Cut, Fault, Stall, Status
from longshore.testing.site import Answer, Request

if TYPE_CHECKING:
    from longshore.testing.network import Network


class ProxyHandler(BaseHTTPRequestHandler):
    """Answers for the hosts of one network, in clear and through TLS tunnels."""

    network: ClassVar["Network"]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _tunnel_host: str | None = None

    def handle(self) -> None:
        """Serve a connection until one side closes it; a client may go at any time."""
        with suppress(ConnectionError, ssl.SSLError, TimeoutError):
            super().handle()

    def finish(self) -> None:
        """Flush and close; the other side may be gone already."""
        with suppress(OSError, ValueError):
            super().finish()
        with suppress(OSError):
            self.connection.close()

    def do_CONNECT(self) -> None:
        """Open a tunnel: from here on it is the host itself that speaks TLS."""
        self._tunnel_host = self.path.rpartition(":")[0]
        context = self.network.tls(self._tunnel_host)
        self.wfile.write(b"HTTP/1.1 200 connection established\r\n\r\n")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        """Answer a request."""
        self._answer()

    do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

    def _answer(self) -> None:
        answer, fault = self.network.take(self._request())
        if isinstance(fault, Status):
            answer, fault = Answer(status=fault.code, headers=fault.headers), None
        if isinstance(fault, Stall) and fault.after == 0:
            self._hang()
            return
        self._send_head(answer)
        if self.command != "HEAD":
            is_chunked = answer.headers.get("transfer-encoding") == "chunked"
            self._send_body(_chunked(answer.body) if is_chunked else answer.body, fault)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        tunnelled = self._tunnel_host is not None
        path = self.path if tunnelled else parts._replace(scheme="", netloc="").geturl()
        return Request(
            method=self.command,
            scheme="https" if tunnelled else "http",
            host=self._tunnel_host or parts.hostname or "",
            path=path,
            headers={name.lower(): value for name, value in self.headers.items()},
        )

    def _send_head(self, answer: Answer) -> None:
        self.send_response(HTTPStatus(answer.status))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "transfer-encoding" not in answer.headers:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        match fault:
            case Cut(after=after):
                self.wfile.write(body[:after])
                self._hang_up()
            case Stall(after=after):
                self.wfile.write(body[:after])
                self._hang()
            case Corrupt():
                self.wfile.write(body[:-1] + bytes([body[-1] ^ 1]))
            case _:
                self.wfile.write(body)

    def _hang(self) -> None:
        """Say nothing until the network closes."""
        self.network.closing.wait()
        self.close_connection = True

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet: the network lists its requests itself."""


def _chunked(body: bytes) -> bytes:
    """Encode a body in chunks of a few bytes (RFC 9112 §7.1)."""
    parts = [body[start : start + 5] for start in range(0, len(body), 5)]
    return b"".join([*(b"%x\r\n%s\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"])
