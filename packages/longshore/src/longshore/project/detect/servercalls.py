"""Calls that start a server: which application, on which address and port."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from longshore.project.detect.reading import Body, Reading, number, text_of
from longshore.project.detect.servershapes import (
    CHERRYPY,
    DEFAULT_PORT,
    GRADIO_LAUNCH,
    GUNICORN_RUN,
    LISTEN,
    RUN,
    SHAPES,
    SOCKETIO_RUN,
    Shape,
)
from longshore.project.detect.syntax import Module, keyword, snippet, string
from longshore.project.detect.values import Made

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
_LAST_NAMES = {name.rpartition(".")[2] for name in SHAPES} | {"launch", "listen", "run"}
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

    @property
    def env(self) -> Mapping[str, str]:
        """The settings by which the server is told where to listen, if it has some."""
        if self.name != "gradio.launch":
            return MappingProxyType({})
        everywhere = "0.0.0.0"  # noqa: S104 - inside its own network namespace
        port = str(self.port or DEFAULT_PORT)
        return MappingProxyType({"GRADIO_SERVER_NAME": everywhere, "GRADIO_SERVER_PORT": port})


def find_server_calls(reading: Reading) -> tuple[ServerCall, ...]:
    """Return every call that starts a server, in order of path and line."""
    return tuple(call for module in reading.modules for call in _in_module(module, reading))


def _in_module(module: Module, reading: Reading) -> Iterator[ServerCall]:
    for call in reading.calls(module, *_LAST_NAMES):
        named = _shape_of(call.node, call.body, reading)
        if named is not None:
            yield _read_call(call.node, *named, call.body, reading)


def _shape_of(call: ast.Call, body: Body, reading: Reading) -> tuple[str, Shape] | None:
    resolver = reading.resolver
    name = resolver.full_name(call.func, body.module, body.scope)
    if name in SHAPES:
        return name, SHAPES[name]
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr == "listen":
        return ("tornado.listen", LISTEN) if "tornado" in _imports(body.module) else None
    owner = resolver.value(call.func.value, body.module, body.scope)
    return _method(call.func.attr, owner, reading) if isinstance(owner, Made) else None


def _method(name: str, owner: Made, reading: Reading) -> tuple[str, Shape] | None:
    """Return what a method of an object starts, if it starts a server."""
    if name == "launch" and owner.maker.startswith("gradio."):
        return "gradio.launch", GRADIO_LAUNCH
    if name != "run":
        return None
    if reading.resolver.is_instance(owner, "gunicorn.app.base.BaseApplication"):
        return "gunicorn.run", GUNICORN_RUN
    if owner.maker == "flask_socketio.SocketIO":
        return "flask_socketio.SocketIO.run", SOCKETIO_RUN
    if owner.maker == "dash.Dash" or not owner.framework:
        return ("Dash.run", RUN) if owner.maker == "dash.Dash" else None
    return f"{owner.framework.title}.run", RUN


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


def _read_call(call: ast.Call, name: str, shape: Shape, body: Body, reading: Reading) -> ServerCall:
    scopes = (body.scope, body.module.scope)
    given = _argument(call, shape.target, "app") if shape.target is not None else None
    if name.endswith(".run") and isinstance(call.func, ast.Attribute) and shape is RUN:
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


def _address(call: ast.Call, shape: Shape, body: Body) -> tuple[str | None, int | None, bool]:
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
    host_node = _argument(call, shape.host, *shape.host_keys) or _setting(body, "host", shape)
    port_node = _argument(call, shape.port, *shape.port_keys) or _setting(body, "port", shape)
    known = text_of(host_node, *scopes) if host_node else None
    default_host = None if host_node or is_dynamic else shape.default_host
    if port_node is not None:
        port = number(port_node, *scopes)
        return known or default_host, port, port is not None
    return known or default_host, None if is_dynamic else shape.default_port, False


def _setting(body: Body, name: str, shape: Shape) -> ast.expr | None:
    """Return what CherryPy's configuration in the same file says: ``server.socket_host``."""
    if shape is not CHERRYPY:
        return None
    key = f"server.socket_{name}"
    for node in ast.walk(body.module.tree):
        if isinstance(node, ast.Dict):
            for one, value in zip(node.keys, node.values, strict=True):
                if string(one) == key:
                    return value
    return None


def is_local(call: ServerCall) -> bool:
    """Tell whether a server answers only inside of its own container."""
    return call.host in LOCAL
