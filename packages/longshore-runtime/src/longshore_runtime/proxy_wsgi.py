"""Trusted proxies' headers under a WSGI server that is not ours, by the same rules (PEP 3333)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from longshore_runtime.proxy import apply_claim, read_claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from longshore_runtime.asgi import WSGIApp
    from longshore_runtime.proxy import Trust

KEYS: Final = {
    "HTTP_FORWARDED": b"forwarded",
    "HTTP_X_FORWARDED_FOR": b"x-forwarded-for",
    "HTTP_X_FORWARDED_PROTO": b"x-forwarded-proto",
    "HTTP_X_FORWARDED_HOST": b"x-forwarded-host",
    "HTTP_X_FORWARDED_PREFIX": b"x-forwarded-prefix",
}


class WSGIProxyTrust:
    """A WSGI application that applies trusted proxies' headers to the environment.

    Args:
        app: the application behind it.
        trust: whose word counts.
    """

    def __init__(self, app: WSGIApp, trust: Trust) -> None:
        self.app = app
        self.trust = trust

    def __getattr__(self, name: str) -> Any:
        """Look through to the application."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Serve one request."""
        claimed = [key for key in KEYS if key in environ]
        if claimed and self.trust.covers(environ.get("REMOTE_ADDR", "")):
            apply_environ(environ, claimed, self.trust)
        return self.app(environ, start_response)


def apply_environ(environ: dict[str, Any], claimed: list[str], trust: Trust) -> None:
    """Change the environment to what the client sent to the outermost trusted proxy."""
    root = environ.get("SCRIPT_NAME", "")
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "headers": [(KEYS[key], environ[key].encode("latin-1")) for key in claimed],
        "root_path": root,
        "path": root + environ.get("PATH_INFO", ""),
    }
    apply_claim(scope, read_claim(scope["headers"]), trust)
    environ["wsgi.url_scheme"] = scope["scheme"]
    if "client" in scope:
        environ["REMOTE_ADDR"], port = scope["client"]
        environ["REMOTE_PORT"] = str(port)
    host = dict(scope["headers"]).get(b"host")
    if host is not None:
        environ["HTTP_HOST"] = host.decode("ascii")
        name, port = scope["server"]
        environ["SERVER_NAME"], environ["SERVER_PORT"] = name, str(port)
    if scope["root_path"] != root:
        environ["SCRIPT_NAME"] = scope["root_path"]
        environ["PATH_INFO"] = scope["path"].removeprefix(scope["root_path"])
