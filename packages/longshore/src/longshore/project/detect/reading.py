"""What every detector gets: the files, the names, the metadata and the parsed modules."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from longshore.project.detect.files import ProjectFiles, is_searched
from longshore.project.detect.frameworks import distribution_of
from longshore.project.detect.layout import Layout, is_importable
from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import (
    BLOCK_PARTS,
    BLOCKS,
    Assigned,
    Function,
    Imported,
    Module,
    Scope,
    calls,
    collect,
    dotted,
    is_main_guard,
    keyword,
)

_WORTH_PARSING = re.compile(
    r"""
      \b(?:import|from)\s+(?:aiohttp|apiflask|apscheduler|ariadne|arq|asgineer|asgiref|blacksheep|bottle
        |celery|channels|cheroot|cherrypy|configurations|connexion|dash|django\.core\.[aw]sgi|dramatiq
        |eventlet|falcon|fastapi|fasthtml|fastmcp|flask|flask_migrate|gevent|gradio|granian|gunicorn
        |http\.server|huey|hypercorn|litestar|mcp|morepath|nicegui|prometheus_client|pyramid|quart|rq|rq_scheduler|sanic|schedule|socketio
        |socketserver|starlette|streamlit|taskiq|taskiq_\w+|tornado|uvicorn|waitress|werkzeug|wsgiref)\b
    | __main__ | \bstart_response\b | \breceive,\s*send\b
    | ^(?:app|application|api|asgi|wsgi|server|asgi_app|wsgi_app)\b[^=\n]*=
    | ^def\s+(?:create|make|get|build)_\w*app
    | ^def\s+(?:app|application)\b
    | ^from\s+[\w.]+\s+import\s+(?:\*|.*\b(?:app|application|celery)\b)
    """,
    re.VERBOSE | re.MULTILINE,
)

_DEFAULTED = {"get", "getenv", "int", "config", "env", "setdefault"}


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Statements with the names that they see besides the module's.

    ``function`` is ``None`` for the top level and for ``if __name__ == "__main__":``.
    """

    module: Module
    statements: tuple[ast.stmt, ...]
    scope: Scope
    function: Function | None
    is_main: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call, where it stands, and the last name of what is called, aliases undone.

    ``name`` is ``run`` for ``uvicorn.run(…)`` and for ``from uvicorn import run as start``.
    """

    node: ast.Call
    body: Body
    name: str


def _all_calls(module: Module, resolver: Resolver) -> Iterator[Call]:
    for body in bodies(module, resolver):
        for node in calls(body.statements):
            yield Call(node, body, _last_name(node.func, body))


def _last_name(node: ast.expr, body: Body) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if not isinstance(node, ast.Name):
        return ""
    for scope in (body.scope, body.module.scope):
        for binding in scope.names.get(node.id, ())[-1:]:
            if isinstance(binding, Imported) and binding.attribute:
                return binding.attribute
    return node.id


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reading:
    """Everything that is known before anything is looked for.

    Args:
        name: the project's name, or that of its folder.
        document: the parsed ``pyproject.toml``; empty where there is none.
        files: the tracked files.
        layout: the import roots.
        resolver: follows names.
        locked: the normalised names of the locked packages; ``None`` where that is not known.
        file: where tables go: ``pyproject.toml`` or ``longshore.toml``.
        modules: the parsed files in which something may be made, by path.
    """

    name: str
    document: Mapping[str, Any]
    files: ProjectFiles
    layout: Layout
    resolver: Resolver
    locked: Collection[str] | None
    file: str
    modules: tuple[Module, ...]
    _calls: dict[str, tuple[Call, ...]] = field(default_factory=dict, repr=False)

    def calls(self, module: Module, *names: str) -> Iterator[Call]:
        """Yield the calls in a module, those of some names only, if any are given."""
        text = self.files.text(module.path) or ""
        if names and not any(name in text for name in names):
            return iter(())
        if module.path not in self._calls:
            self._calls[module.path] = tuple(_all_calls(module, self.resolver))
        wanted = frozenset(names)
        return (one for one in self._calls[module.path] if not wanted or one.name in wanted)

    @property
    def shipped(self) -> Iterator[Module]:
        """The modules that a server in the image can import."""
        for module in self.modules:
            if is_importable(module.name) and self.layout.is_shipped(module.path):
                yield module

    def may_import(self, maker: str) -> bool:
        """Tell whether what a full name belongs to is locked, first-party, or not known."""
        top = maker.partition(".")[0]
        if self.locked is None or self.resolver.has_module(top):
            return True
        return distribution_of(maker) in self.locked

    def is_locked(self, *names: str) -> bool:
        """Tell whether one of some packages is locked; unknown counts as not."""
        return self.locked is not None and any(name in self.locked for name in names)


def parse_modules(files: ProjectFiles, resolver: Resolver) -> tuple[Module, ...]:
    """Parse the searched files that name anything of interest."""
    found = []
    for path in files.searched():
        text = files.text(path)
        is_program = path.endswith("__main__.py")
        if text is not None and (is_program or _WORTH_PARSING.search(text)):
            module = resolver.module_at(path)
            if module is not None:
                found.append(module)
    return tuple(found)


def broken_files(resolver: Resolver) -> dict[str, SyntaxError]:
    """Return the searched files that do not parse."""
    return {path: error for path, error in resolver.broken.items() if is_searched(path)}


def bodies(module: Module, resolver: Resolver) -> Iterator[Body]:
    """Yield a module's top level, its main part, and each function and method.

    A nested function belongs to the one around it.
    """
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    main = Scope()
    collect(module.main, main, package)
    top = tuple(
        one
        for one in module.tree.body
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not is_main_guard(one)
    )
    yield Body(module, top, Scope(), None)
    if module.main:
        yield Body(module, module.main, main, None, is_main=True)
    for node in _functions(module.tree.body):
        yield Body(module, tuple(node.body), resolver.scope_of(node, module), node)


def _functions(statements: Iterable[ast.stmt]) -> Iterator[Function]:
    """Yield the outermost functions and the methods below some statements."""
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop(0)
        if isinstance(node, Function):
            yield node
        elif isinstance(node, (ast.ClassDef, *BLOCKS)):
            for name in BLOCK_PARTS:
                pending += getattr(node, name, ())


def number(node: ast.expr | None, *scopes: Scope) -> int | None:
    """Return an integer: a literal, a constant, or the default of a setting.

    ``int(os.environ.get("PORT", "8080"))`` is 8080.
    """
    value = _literal(node, *scopes)
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(node: ast.expr | None, *scopes: Scope) -> str | None:
    """Return a string: a literal, a constant, or the default of a setting."""
    value = _literal(node, *scopes)
    return value if isinstance(value, str) else None


def _literal(node: ast.expr | None, *scopes: Scope) -> object:
    """Follow constants and defaults to a literal; a few steps, since names may run in circles."""
    for _ in range(8):
        match node:
            case ast.Constant(value=value):
                return value
            case ast.BoolOp(op=ast.Or(), values=values):
                node = values[-1]
            case ast.IfExp(orelse=other):
                node = other
            case ast.Call():
                node = _default_of(node)
            case ast.Name(id=name):
                node = constant(name, *scopes)
            case _:
                return None
    return None


def _default_of(call: ast.Call) -> ast.expr | None:
    """Return the default of ``os.environ.get(…)`` and the like, and what ``int(…)`` is given."""
    called = (dotted(call.func) or "").rpartition(".")[2]
    if called in {"int", "str"} and len(call.args) == 1:
        return call.args[0]
    if called not in _DEFAULTED:
        return None
    return keyword(call, "default") or (call.args[1] if len(call.args) > 1 else None)


def constant(name: str, *scopes: Scope) -> ast.expr | None:
    """Return what a name is last assigned in the innermost scope that has it."""
    for scope in scopes:
        for binding in reversed(scope.names.get(name, [])):
            if isinstance(binding, Assigned):
                return binding.value
    return None
