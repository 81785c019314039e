"""The application of this process, for a server that the runtime has started.

``longshore_runtime.guest:app`` is what ``--server`` gives to the server. ``app`` is made when this
module is imported, because not every server asks for it as an attribute. A failure is explained
and ends the process; the server never sees it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from longshore_runtime.application import resolve
from longshore_runtime.budget import read_budget
from longshore_runtime.current import process_lifecycle
from longshore_runtime.errors import ImportFailedError
from longshore_runtime.foreign_start import Guest, GuestWatch, announce_ready, fail_start
from longshore_runtime.interface import Shape, detect_shape
from longshore_runtime.loader import load_target
from longshore_runtime.proxy import VARIABLE, ProxyTrust, Trust
from longshore_runtime.servers import APPLICATION, FACTORY, INTERFACE, SERVER

if TYPE_CHECKING:
    from longshore_runtime.asgi import ASGIApp, WSGIApp
    from longshore_runtime.options import Interface


def load_guest(target: str, server: str) -> object:
    """Return the application, wrapped; does not return when there is none.

    Args:
        target: as it was named.
        server: the server's name.
    """
    watch = GuestWatch(server, timeout=read_budget(os.environ).startup)
    watch.start()
    try:
        return make_guest(target, server, watch)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 -- whatever the application's modules raise
        from longshore_runtime.import_failure import explain_import  # noqa: PLC0415 -- only then

        fail_start(explain_import(target, error, os.environ), server)


def make_guest(target: str, server: str, watch: GuestWatch) -> object:
    """Import the application and wrap it.

    Raises:
        ImportFailedError: it is no application, or not one that the server speaks to.
    """
    spoken = cast("Interface", os.environ[INTERFACE])
    found, shape = resolve(
        target, load_target(target), interface=spoken, factory=bool(os.environ.get(FACTORY))
    )
    looks = detect_shape(found).shape
    if looks in {Shape.ASGI, Shape.WSGI} and looks is not shape:
        msg = f"{target}: is an {looks.name} application, but {server} serves it as {shape.name}"
        hint = f"say --interface {looks.value}, and a --server that speaks it"
        raise ImportFailedError(msg, hint=hint)
    trust = Trust.parse(os.environ.get(VARIABLE, "loopback"))
    if shape is Shape.ASGI:
        app = cast("ASGIApp", found)
        guest = Guest(ProxyTrust(app, trust), process_lifecycle(), server, watch)
        if server == "daphne":  # it knows no lifespan: nothing else will happen before a request
            watch.finish()
            announce_ready()
        return guest
    from longshore_runtime.proxy_wsgi import WSGIProxyTrust  # noqa: PLC0415 -- WSGI only
    from longshore_runtime.wsgi_wrapper import WrappedWSGI  # noqa: PLC0415 -- WSGI only

    wrapped = WrappedWSGI(WSGIProxyTrust(cast("WSGIApp", found), trust), process_lifecycle())
    watch.finish()
    announce_ready()
    return wrapped


app = load_guest(os.environ[APPLICATION], os.environ[SERVER])
