"""A WSGI application with health paths, under a WSGI server that is not ours.

PEP 3333 forbids an application to send ``Connection``; gunicorn's response object and granian
offer a way to close after the response, other servers do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from longshore_runtime.health import registry
from longshore_runtime.lifecycle import Phase
from longshore_runtime.own_paths import find_own_paths
from longshore_runtime.probes import OK, PATHS, answer_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from longshore_runtime.asgi import WSGIApp
    from longshore_runtime.lifecycle import Lifecycle


class WrappedWSGI:
    """A WSGI application with health paths and a drain around it.

    Args:
        app: the application.
        lifecycle: the state to report and to follow.
    """

    def __init__(self, app: WSGIApp, lifecycle: Lifecycle) -> None:
        self.app = app
        self.lifecycle = lifecycle
        self.own_paths: frozenset[str] | None = None
        self.is_checking = False
        lifecycle.enter(Phase.READY)

    def __getattr__(self, name: str) -> Any:
        """Look through to the application."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Serve one request."""
        if registry.verdicts and not self.is_checking:
            # Not before: the server may fork after the import, and threads do not survive that.
            self.is_checking = True
            from longshore_runtime.foreign import check_in_thread  # noqa: PLC0415 -- asyncio

            check_in_thread()
        is_draining = self.lifecycle.is_draining
        path = environ.get("PATH_INFO", "")
        if path in PATHS and not self._is_own(path):
            return self._answer(path, environ, start_response)
        if is_draining:
            start_response = close_after(environ, start_response)
        else:
            self.lifecycle.beat()
        return self.app(environ, start_response)

    def _is_own(self, path: str) -> bool:
        if self.own_paths is None:
            self.own_paths = find_own_paths(self.app)
        return path in self.own_paths and not self.lifecycle.is_draining

    def _answer(
        self, path: str, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        self.lifecycle.beat()
        verbose = "verbose" in environ.get("QUERY_STRING", "")
        answer = answer_probe(path, self.lifecycle, verbose=verbose)
        status = "200 OK" if answer.status == OK else "503 Service Unavailable"
        headers = [(name.decode(), value.decode()) for name, value in answer.headers]
        start_response(status, headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [answer.body]


def close_after(environ: dict[str, Any], start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Have the server close the connection after this response, where it can be told to."""
    force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
    if force_close is not None:
        force_close()
        return start_response
    if not str(environ.get("SERVER_SOFTWARE", "")).lower().startswith("granian"):
        return start_response

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, ("connection", "close")], *more)

    return start
