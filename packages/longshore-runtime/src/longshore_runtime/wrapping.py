"""``app = wrap(app)``: the runtime's part of an application under any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from longshore_runtime.current import process_lifecycle
from longshore_runtime.interface import Shape, detect_shape, refuse
from longshore_runtime.wrapper import Wrapped
from longshore_runtime.wsgi_wrapper import WrappedWSGI

if TYPE_CHECKING:
    from longshore_runtime.asgi import ASGIApp, WSGIApp
    from longshore_runtime.errors import ImportFailedError

App = TypeVar("App")


def wrap(app: App) -> App:
    """Give an ASGI or WSGI application health paths and its part in the drain.

    Under ``longshore-serve`` this changes nothing; under another server it turns readiness down on
    SIGTERM, keeps serving for the drain's delay and announces ``Connection: close``. Wrapping twice
    is the same as wrapping once. Attributes are looked up in the application.

    Args:
        app: the application.

    Raises:
        ImportFailedError: it is neither an ASGI nor a WSGI application.
    """
    if isinstance(app, Wrapped | WrappedWSGI):
        return app
    finding = detect_shape(app)
    if finding.shape is Shape.ASGI:
        return cast("App", Wrapped(cast("ASGIApp", app), process_lifecycle()))
    if finding.shape is Shape.WSGI:
        return cast("App", WrappedWSGI(cast("WSGIApp", app), process_lifecycle()))
    error: ImportFailedError = refuse("wrap()", finding)
    raise error
