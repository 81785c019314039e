"""Which calls make an application, and which interface it then speaks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Interface(StrEnum):
    """How a server talks to an application: ASGI 3.0 or WSGI (PEP 3333)."""

    ASGI = "asgi"
    WSGI = "wsgi"


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework, for people, and its interface."""

    title: str
    interface: Interface


_A, _W = Interface.ASGI, Interface.WSGI
PLAIN_ASGI: Final = Framework("ASGI", _A)
PLAIN_WSGI: Final = Framework("WSGI", _W)
_DJANGO_ASGI = Framework("Django", _A)
_DJANGO_WSGI = Framework("Django", _W)

MAKERS: Final = {
    "aiohttp_wsgi.WSGIHandler": PLAIN_WSGI,
    "apiflask.APIFlask": Framework("APIFlask", _W),
    "ariadne.asgi.GraphQL": Framework("Ariadne", _A),
    "blacksheep.Application": Framework("BlackSheep", _A),
    "blacksheep.server.Application": Framework("BlackSheep", _A),
    "bottle.Bottle": Framework("Bottle", _W),
    "bottle.app": Framework("Bottle", _W),
    "bottle.default_app": Framework("Bottle", _W),
    "channels.routing.ProtocolTypeRouter": Framework("Django Channels", _A),
    "cherrypy.Application": Framework("CherryPy", _W),
    "connexion.App": Framework("Connexion", _A),
    "connexion.AsyncApp": Framework("Connexion", _A),
    "connexion.FlaskApp": Framework("Connexion", _A),
    "configurations.asgi.get_asgi_application": _DJANGO_ASGI,
    "configurations.wsgi.get_wsgi_application": _DJANGO_WSGI,
    "django.core.asgi.get_asgi_application": _DJANGO_ASGI,
    "django.core.wsgi.get_wsgi_application": _DJANGO_WSGI,
    "falcon.API": Framework("Falcon", _W),
    "falcon.App": Framework("Falcon", _W),
    "falcon.asgi.App": Framework("Falcon", _A),
    "fastapi.FastAPI": Framework("FastAPI", _A),
    "fastapi.applications.FastAPI": Framework("FastAPI", _A),
    "fasthtml.FastHTML": Framework("FastHTML", _A),
    "fasthtml.common.FastHTML": Framework("FastHTML", _A),
    "fasthtml.common.fast_app": Framework("FastHTML", _A),
    "fasthtml.common.fast_app[0]": Framework("FastHTML", _A),
    "flask.Flask": Framework("Flask", _W),
    "flask.app.Flask": Framework("Flask", _W),
    "flask_openapi3.OpenAPI": Framework("Flask", _W),
    "litestar.Litestar": Framework("Litestar", _A),
    "litestar.app.Litestar": Framework("Litestar", _A),
    "morepath.App": Framework("Morepath", _W),
    "quart.Quart": Framework("Quart", _A),
    "quart.app.Quart": Framework("Quart", _A),
    "quart_trio.QuartTrio": Framework("Quart", _A),
    "sanic.Sanic": Framework("Sanic", _A),
    "sanic.app.Sanic": Framework("Sanic", _A),
    "socketio.ASGIApp": Framework("Socket.IO", _A),
    "socketio.WSGIApp": Framework("Socket.IO", _W),
    "starlette.applications.Starlette": Framework("Starlette", _A),
    "xpresso.App": Framework("Xpresso", _A),
}
"""Constructors and factories by their full name."""

MEMBERS: Final = {
    "aiohttp.web.Application": {},
    "cherrypy.tree": {"mount": Framework("CherryPy", _W)},
    "dash.Dash": {"server": Framework("Dash", _W)},
    "fastmcp.FastMCP": {
        "http_app": Framework("FastMCP", _A),
        "sse_app": Framework("FastMCP", _A),
        "streamable_http_app": Framework("FastMCP", _A),
    },
    "mcp.server.fastmcp.FastMCP": {
        "sse_app": Framework("FastMCP", _A),
        "streamable_http_app": Framework("FastMCP", _A),
    },
    "pyramid.config.Configurator": {"make_wsgi_app": Framework("Pyramid", _W)},
}
"""Objects that are no application but have one, as an attribute or by a method."""

OBJECTS: Final = {"cherrypy.tree": Framework("CherryPy", _W)}
"""Objects of a framework's own module that are applications."""

DECORATORS: Final = {"asgineer.to_asgi": Framework("Asgineer", _A)}
"""What makes an application of a function."""

ADAPTERS: Final = {
    "a2wsgi.ASGIMiddleware": _W,
    "a2wsgi.WSGIMiddleware": _A,
    "asgiref.wsgi.WsgiToAsgi": _A,
    "fastapi.middleware.wsgi.WSGIMiddleware": _A,
    "hypercorn.middleware.AsyncioWSGIMiddleware": _A,
    "starlette.middleware.wsgi.WSGIMiddleware": _A,
    "uvicorn.middleware.wsgi.WSGIMiddleware": _A,
}
"""Wrappers that change the interface of what they wrap; others leave it as it is."""

WRAPPERS: Final = frozenset(
    {
        "socketio.ASGIApp",
        "socketio.WSGIApp",
        "whitenoise.WhiteNoise",
        "werkzeug.middleware.proxy_fix.ProxyFix",
        "werkzeug.contrib.fixers.ProxyFix",
        "blacknoise.BlackNoise",
    }
)
"""Wrappers whose name does not end in ``Middleware``."""

PACKAGES: Final = tuple(
    sorted({name.partition(".")[0] for name in [*MAKERS, *MEMBERS]} | {"aiohttp"})
)
"""Import names of the frameworks; a project's own module must not hide one of them."""


_DISTRIBUTIONS: Final = {
    "configurations": "django-configurations",
    "fasthtml": "python-fasthtml",
    "flask_openapi3": "flask-openapi3",
    "quart_trio": "quart-trio",
    "socketio": "python-socketio",
}
"""Distributions that are not called like what they are imported as."""


def distribution_of(maker: str) -> str:
    """Return the normalised name of the distribution that a framework's name comes from."""
    top = maker.partition(".")[0]
    return _DISTRIBUTIONS.get(top, top.replace("_", "-").lower())


def is_wrapper(maker: str) -> bool:
    """Tell whether a call wraps the application that it is given."""
    return maker in WRAPPERS or maker in ADAPTERS or maker.endswith("Middleware")
