"""A WSGI application with health paths, under a WSGI server that is not ours.

PEP 3333 forbids an application to send ``Connection``; gunicorn's response object and granian
offer a way to close after the response, other servers do not.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from longshore_runtime.application import find_core
from longshore_runtime.health import registry
from longshore_runtime.lifecycle import Phase
from longshore_runtime.own_paths import find_own_paths
from longshore_runtime.probes import OK, PATHS, answer_probe
from longshore_runtime.wrapper import MARK
from longshore_runtime.wsgi_stop import hold_back_default

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sized

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
        self._lock = threading.Lock()
        lifecycle.enter(Phase.READY)
        hold_back_default(lifecycle)

    def __getattr__(self, name: str) -> Any:
        """Look through to the application."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Serve one request."""
        if MARK in environ:
            # Under longshore-serve everything is done further out.
            return self.app(environ, start_response)
        self.lifecycle.was_asked = True
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
        self._count(1)
        try:
            pieces = self.app(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        return count_pieces(pieces, self._count, environ.get("wsgi.file_wrapper"))

    def _count(self, step: int) -> None:
        with self._lock:
            self.lifecycle.in_flight += step
            self.lifecycle.served += step < 0

    def _is_own(self, path: str) -> bool:
        if self.own_paths is None:
            self.own_paths = find_own_paths(find_core(self.app))
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


class Counted:
    """A response's pieces; tells when the server is done with them (PEP 3333: ``close``).

    Args:
        pieces: what the application returned.
        count: called once with -1.
    """

    def __init__(self, pieces: Iterable[bytes], count: Callable[[int], None]) -> None:
        self.pieces = pieces
        self.count: Callable[[int], None] | None = count

    def __iter__(self) -> Iterator[bytes]:
        """Return the application's own iterator."""
        return iter(self.pieces)

    def close(self) -> None:
        """Close the application's response and count it as answered."""
        count, self.count = self.count, None
        try:
            close = getattr(self.pieces, "close", None)
            if close is not None:
                close()
        finally:
            if count is not None:
                count(-1)


class SizedCounted(Counted):
    """The same for a response whose number of pieces is known."""

    def __len__(self) -> int:
        """Return the number of pieces: servers set ``Content-Length`` from a single one."""
        return len(cast("Sized", self.pieces))


def count_pieces(
    pieces: Iterable[bytes], count: Callable[[int], None], file_wrapper: object
) -> Iterable[bytes]:
    """Return the response such that ``count(-1)`` is called when the server is done with it.

    A file that the server sends by itself is returned as it is, or the server would not know it.
    """
    if isinstance(file_wrapper, type) and isinstance(pieces, file_wrapper):
        count(-1)
        return pieces
    return SizedCounted(pieces, count) if hasattr(pieces, "__len__") else Counted(pieces, count)


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
