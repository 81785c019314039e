"""Build a WSGI environment from an ASGI scope (PEP 3333, "environ Variables")."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, TextIO

from longshore_runtime.wrapper import MARK

if TYPE_CHECKING:
    from longshore_runtime.asgi import Scope

PLAIN: Final = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
"""Headers without the ``HTTP_`` prefix (RFC 3875, 4.1.2 and 4.1.3)."""


def build_environ(scope: Scope, body: io.RawIOBase, errors: TextIO) -> dict[str, Any]:
    """Return the environment of one request.

    Args:
        scope: of type ``http``.
        body: becomes ``wsgi.input``.
        errors: becomes ``wsgi.errors``.
    """
    root = scope.get("root_path", "")
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": as_wsgi_text(root),
        "PATH_INFO": as_wsgi_text(scope["path"].removeprefix(root)),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if MARK in scope:
        environ[MARK] = scope[MARK]
    client = scope.get("client")
    if client:
        environ["REMOTE_ADDR"] = client[0]
        environ["REMOTE_PORT"] = str(client[1])
    add_headers(environ, scope["headers"])
    return environ


def add_headers(environ: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> None:
    """Add the request's headers; a repeated one is joined (RFC 9110, 5.3).

    A name with an underscore is left out: ``X_User`` and ``X-User`` would be the same variable,
    and only one of them is removed by the proxy that guards it.
    """
    for name, value in headers:
        if b"_" in name:
            continue
        key = PLAIN.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text


def as_wsgi_text(path: str) -> str:
    """Return the path's UTF-8 bytes as latin-1 text, which PEP 3333 calls "bytes-as-unicode"."""
    return path.encode("utf-8", "surrogateescape").decode("latin-1")
