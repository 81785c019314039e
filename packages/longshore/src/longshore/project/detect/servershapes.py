"""The calls that start a server: where their arguments are, and what they default to."""

from dataclasses import dataclass
from typing import Final

DEFAULT_PORT: Final = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where the arguments of a server's call are; positions count from 0.

    ``pair`` is the position of an ``(address, port)`` tuple.
    """

    target: int | None = 0
    host: int | None = None
    port: int | None = None
    pair: int | None = None
    host_keys: tuple[str, ...] = ("host",)
    port_keys: tuple[str, ...] = ("port",)
    default_host: str | None = "127.0.0.1"
    default_port: int = DEFAULT_PORT
    takes_string: bool = False


_UVICORN = Shape(takes_string=True)
_SOCKET_PAIR = Shape(target=None, pair=0, default_host=None)
_METRICS = Shape(target=None, host=1, port=0, host_keys=("addr",), default_host=None)
CHERRYPY: Final = Shape(target=None, default_port=8080)
LISTEN: Final = Shape(target=None, host=1, port=0, host_keys=("address",), default_host=None)
RUN: Final = Shape(target=None, host=0, port=1, default_port=5000)
SOCKETIO_RUN: Final = Shape(target=0, host=1, port=2, default_port=5000)
GRADIO_LAUNCH: Final = Shape(
    target=None,
    host_keys=("server_name",),
    port_keys=("server_port",),
    default_host=None,  # GRADIO_SERVER_NAME says it
    default_port=7860,
)
GUNICORN_RUN: Final = Shape(target=None, default_host=None)

SHAPES: Final = {
    "aiohttp.web.run_app": Shape(default_host=None, default_port=8080),
    "aiohttp.web.TCPSite": Shape(target=None, host=1, port=2, default_host=None, default_port=8080),
    "asyncio.start_server": Shape(target=None, host=1, port=2, default_host=None),
    "bottle.run": Shape(default_port=8080),
    "cheroot.wsgi.Server": Shape(target=1, pair=0, default_host=None),
    "cherrypy.engine.start": CHERRYPY,
    "cherrypy.quickstart": CHERRYPY,
    "eventlet.listen": _SOCKET_PAIR,
    "gevent.pywsgi.WSGIServer": Shape(target=1, pair=0, default_host=None),
    "granian.Granian": Shape(host_keys=("address",), takes_string=True),
    "granian.server.Granian": Shape(host_keys=("address",), takes_string=True),
    "http.server.HTTPServer": _SOCKET_PAIR,
    "http.server.ThreadingHTTPServer": _SOCKET_PAIR,
    "http.server.test": Shape(target=None, host=4, port=3, host_keys=("bind",), default_host=None),
    "hypercorn.asyncio.serve": Shape(),
    "hypercorn.trio.serve": Shape(),
    "nicegui.ui.run": Shape(target=None, default_host=None, default_port=8080),
    "prometheus_client.start_http_server": _METRICS,
    "prometheus_client.start_wsgi_server": _METRICS,
    "socketserver.TCPServer": _SOCKET_PAIR,
    "socketserver.ThreadingTCPServer": _SOCKET_PAIR,
    "tornado.httpserver.HTTPServer": Shape(target=None, default_host=None),
    "tornado.netutil.bind_sockets": LISTEN,
    "uvicorn.Config": _UVICORN,
    "uvicorn.config.Config": _UVICORN,
    "uvicorn.main.run": _UVICORN,
    "uvicorn.run": _UVICORN,
    "waitress.create_server": Shape(default_host="0.0.0.0", default_port=8080),  # noqa: S104  # its documented default
    "waitress.serve": Shape(default_host="0.0.0.0", default_port=8080),  # noqa: S104  # as above
    "werkzeug.serving.make_server": Shape(target=2, host=0, port=1, default_host=None),
    "werkzeug.serving.run_simple": Shape(target=2, host=0, port=1, default_host=None),
    "wsgiref.simple_server.make_server": Shape(target=2, host=0, port=1, default_host=None),
}
"""Functions and classes by their full name."""
