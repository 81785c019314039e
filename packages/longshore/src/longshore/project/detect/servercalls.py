"""Calls that start a server: which application, on which address and port."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from longshore.project.detect.reading import Body, Reading, number, text_of
from longshore.project.detect.syntax import Module, keyword, snippet, string
from longshore.project.detect.values import Made

DEFAULT_PORT: Final = 8000
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Addresses that nothing outside a container reaches."""

_DEVELOPMENT_RUN = {
    "APIFlask",
    "Bottle",
    "Connexion",
    "Dash",
    "Flask",
    "Quart",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Where the arguments of a server's call are; positions count from 0.

    ``pair`` is the position of an ``(address, port)`` tuple.
    """

    target: int | None = 0
    host: int | None = None
    port: int | None = None
    pair: int | None = None
    host_keys: tuple[str, ...] = ("host",)
    default_host: str | None = "127.0.0.1"
    default_port: int = DEFAULT_PORT
    takes_string: bool = False


_UVICORN = _Shape(takes_string=True)
_SOCKET_PAIR = _Shape(target=None, pair=0, default_host=None)
_LISTEN = _Shape(target=None, host=1, port=0, host_keys=("address",), default_host=None)
_SHAPES: Final = {
    "aiohttp.web.run_app": _Shape(default_host=None, default_port=8080),
    "aiohttp.web.TCPSite": _Shape(
        target=None, host=1, port=2, default_host=None, default_port=8080
    ),
    "asyncio.start_server": _Shape(target=None, host=1, port=2, default_host=None),
    "bottle.run": _Shape(default_port=8080),
    "cheroot.wsgi.Server": _Shape(target=1, pair=0, default_host=None),
    "eventlet.listen": _SOCKET_PAIR,
    "gevent.pywsgi.WSGIServer": _Shape(target=1, pair=0, default_host=None),
    "granian.Granian": _Shape(host_keys=("address",), takes_string=True),
    "granian.server.Granian": _Shape(host_keys=("address",), takes_string=True),
    "http.server.HTTPServer": _SOCKET_PAIR,
    "http.server.ThreadingHTTPServer": _SOCKET_PAIR,
    "hypercorn.asyncio.serve": _Shape(),
    "hypercorn.trio.serve": _Shape(),
    "socketserver.TCPServer": _SOCKET_PAIR,
    "socketserver.ThreadingTCPServer": _SOCKET_PAIR,
    "tornado.httpserver.HTTPServer": _Shape(target=None, default_host=None),
    "tornado.netutil.bind_sockets": _LISTEN,
    "uvicorn.Config": _UVICORN,
    "uvicorn.config.Config": _UVICORN,
    "uvicorn.main.run": _UVICORN,
    "uvicorn.run": _UVICORN,
    "waitress.create_server": _Shape(default_host="0.0.0.0", default_port=8080),  # noqa: S104  # its documented default
    "waitress.serve": _Shape(default_host="0.0.0.0", default_port=8080),  # noqa: S104  # as above
    "werkzeug.serving.make_server": _Shape(target=2, host=0, port=1, default_host=None),
    "werkzeug.serving.run_simple": _Shape(target=2, host=0, port=1, default_host=None),
    "wsgiref.simple_server.make_server": _Shape(target=2, host=0, port=1, default_host=None),
}
_RUN = _Shape(target=None, host=0, port=1, default_port=5000)
_SOCKETIO_RUN = _Shape(target=0, host=1, port=2, default_port=5000)
_LAST_NAMES = {name.rpartition(".")[2] for name in _SHAPES} | {"run", "listen"}
_IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ServerCall:
    """One call that starts a server.

    Args:
        name: what is called: ``uvicorn.run``.
        body: where it stands.
        line: its line.
        text: the call, shortened.
        target: the application as a string: ``shop.main:app``.
        made: the application as an object.
        host: the address that it listens on, ``None`` where that is not literal or all of them.
        port: the port, ``None`` where it is not literal.
        has_port: whether the call says a literal port itself; otherwise it is the server's default.
        development: whether it is a framework's development server.
        factory: whether the target is called first.
    """

    name: str
    body: Body
    line: int
    text: str
    target: str | None
    made: Made | None
    host: str | None
    port: int | None
    has_port: bool
    development: bool
    factory: bool

    @property
    def module(self) -> Module:
        """The file that it stands in."""
        return self.body.module

    @property
    def location(self) -> str:
        """``src/shop/main.py:7``."""
        return f"{self.module.path}:{self.line}"


def find_server_calls(reading: Reading) -> tuple[ServerCall, ...]:
    """Return every call that starts a server, in order of path and line."""
    return tuple(call for module in reading.modules for call in _in_module(module, reading))


def _in_module(module: Module, reading: Reading) -> Iterator[ServerCall]:
    for call in reading.calls(module, *_LAST_NAMES):
        named = _shape_of(call.node, call.body, reading)
        if named is not None:
            yield _read_call(call.node, *named, call.body, reading)


def _shape_of(call: ast.Call, body: Body, reading: Reading) -> tuple[str, _Shape] | None:
    resolver = reading.resolver
    name = resolver.full_name(call.func, body.module, body.scope)
    if name in _SHAPES:
        return name, _SHAPES[name]
    if not isinstance(call.func, ast.Attribute):
        return None
    owner = resolver.value(call.func.value, body.module, body.scope)
    if call.func.attr == "run" and isinstance(owner, Made):
        if owner.maker == "flask_socketio.SocketIO":
            return "flask_socketio.SocketIO.run", _SOCKETIO_RUN
        if owner.maker == "dash.Dash" or owner.framework:
            title = (
                "Dash"
                if owner.maker == "dash.Dash" or not owner.framework
                else (owner.framework.title)
            )
            return f"{title}.run", _RUN
    if call.func.attr == "listen" and "tornado" in _imports(body.module):
        return "tornado.listen", _LISTEN
    return None


def _imports(module: Module) -> set[str]:
    return {
        name.partition(".")[0]
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }


def _read_call(
    call: ast.Call, name: str, shape: _Shape, body: Body, reading: Reading
) -> ServerCall:
    scopes = (body.scope, body.module.scope)
    given = _argument(call, shape.target, "app") if shape.target is not None else None
    if name.endswith(".run") and isinstance(call.func, ast.Attribute) and shape is _RUN:
        given = call.func.value
    target = text_of(given, *scopes) if shape.takes_string else None
    made = reading.resolver.value(given, body.module, body.scope) if given is not None else None
    host, port, has_port = _address(call, shape, body)
    title = name.partition(".")[0]
    return ServerCall(
        name=name,
        body=body,
        line=call.lineno,
        text=snippet(ast.Expr(call)),
        target=target if target and _IMPORT_STRING.fullmatch(target) else None,
        made=made if isinstance(made, Made) and made.framework else None,
        host=host,
        port=port,
        has_port=has_port,
        development=title in _DEVELOPMENT_RUN or "make_server" in name or "run_simple" in name,
        factory=isinstance(flag := keyword(call, "factory"), ast.Constant) and flag.value is True,
    )


def _argument(call: ast.Call, position: int | None, *names: str) -> ast.expr | None:
    if position is not None and len(call.args) > position:
        found = call.args[position]
        return None if isinstance(found, ast.Starred) else found
    return next((value for name in names if (value := keyword(call, name))), None)


def _address(call: ast.Call, shape: _Shape, body: Body) -> tuple[str | None, int | None, bool]:
    """Return the address, the port, and whether the port is written in the call."""
    scopes = (body.scope, body.module.scope)
    pair = _argument(call, shape.pair, "server_address", "listener", "bind_addr")
    if shape.pair is not None and isinstance(pair, ast.Tuple) and len(pair.elts) == 2:  # noqa: PLR2004  # a pair
        port = number(pair.elts[1], *scopes)
        return text_of(pair.elts[0], *scopes) or None, port, port is not None
    listen = string(keyword(call, "listen"))
    if listen:  # waitress: listen="127.0.0.1:8080"
        host, _, text = listen.rpartition(":")
        return host.strip("*") or None, int(text) if text.isdecimal() else None, text.isdecimal()
    is_dynamic = any(item.arg is None for item in call.keywords)
    host_node = _argument(call, shape.host, *shape.host_keys)
    port_node = _argument(call, shape.port, "port")
    known = text_of(host_node, *scopes) if host_node else None
    default_host = None if host_node or is_dynamic else shape.default_host
    if port_node is not None:
        port = number(port_node, *scopes)
        return known or default_host, port, port is not None
    return known or default_host, None if is_dynamic else shape.default_port, False


def is_local(call: ServerCall) -> bool:
    """Tell whether a server answers only inside of its own container."""
    return call.host in LOCAL
