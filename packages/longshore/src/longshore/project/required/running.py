"""What runs when a module is imported or a function is called: what it needs, where it leads."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import Function, absolute, dotted, keyword, string
from longshore.project.detect.values import Local
from longshore.project.required.calling import Call, known_arguments
from longshore.project.required.environ import read_check, read_environ, read_flask
from longshore.project.required.evaluated import evaluated
from longshore.project.required.guards import is_caught, is_suppressed, may_leave, truth
from longshore.project.required.libraries import read_call
from longshore.project.required.model import (
    Frame,
    Reader,
    Requirement,
    has_rivals,
    literal,
    value_of,
)
from longshore.project.required.pydantic import read_settings_class

READERS: tuple[Reader, ...] = (read_environ, read_call, read_settings_class, read_flask)
"""One for each way to read a setting."""

_KEEPS_BODY = frozenset(
    {
        "asynccontextmanager",
        "cache",
        "classmethod",
        "contextmanager",
        "lru_cache",
        "on_event",
        "staticmethod",
    }
)
"""Decorators after which a call still runs the function's own body."""

_AT_START = frozenset({"lifespan", "on_startup", "startup"})
_GIVEN = frozenset({"Depends", "Security"})


@dataclass(slots=True, eq=False)
class Effects:
    """What running some code comes to."""

    requirements: list[Requirement] = field(default_factory=list)
    imports: dict[str, None] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)


def run(frame: Frame, resolver: Resolver) -> Effects:
    """Return what some code certainly does when it runs to its end; nothing is executed."""
    runner = _Runner(frame, resolver)
    runner.block(frame.statements)
    return runner.effects


class _Runner:
    def __init__(self, frame: Frame, resolver: Resolver) -> None:
        self.effects = Effects()
        self._known = dict(frame.arguments)
        self._frame = replace(frame, arguments=self._known)
        self._resolver = resolver

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Run statements; return whether what follows them runs, too."""
        for statement in statements:
            if not self._statement(statement):
                return False
            self._forget(statement)
        return True

    def _forget(self, statement: ast.stmt) -> None:
        """Forget the arguments that a statement gives another value, if it does run."""
        if self._known:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    self._known.pop(node.id, None)

    def _decide(self, test: ast.expr) -> bool | None:
        return truth(test, known=self._known, is_main=self._frame.is_main)

    def _statement(self, statement: ast.stmt) -> bool:  # noqa: C901, PLR0911, PLR0912 - one for each kind
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._import(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(statement)
            case ast.ClassDef(bases=bases, decorator_list=decorators, body=body):
                self._evaluate([*decorators, *bases])
                self.block(body)
            case ast.Return(value=value):
                self._evaluate([value])
                return False
            case ast.Raise(exc=error):
                self._evaluate([error])
                return False
            case ast.If():
                return self._if(statement)
            case ast.Try() | ast.TryStar():
                return self._try(statement)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                self._evaluate(item.context_expr for item in items)
                if is_suppressed(statement):
                    return not self._leaves(statement)
                return self.block(body)
            case ast.For(iter=values) | ast.AsyncFor(iter=values) | ast.Match(subject=values):
                self._evaluate([values])
                return not self._leaves(statement)
            case ast.While(test=test):
                self._evaluate([test])
                return not self._leaves(statement)
            case ast.Assert(test=test):
                self._evaluate([test])
                self._check(statement)
            case _:
                self._evaluate([statement])
        return True

    def _leaves(self, statement: ast.AST) -> bool:
        return self._frame.is_function and may_leave(statement)

    def _if(self, statement: ast.If) -> bool:
        decided = self._decide(statement.test)
        if decided is not None:
            return self.block(statement.body if decided else statement.orelse)
        self._evaluate([statement.test])
        self._check(statement)
        return not self._leaves(statement)

    def _check(self, statement: ast.If | ast.Assert) -> None:
        self.effects.requirements += read_check(statement, self._frame, self._resolver)

    def _try(self, statement: ast.Try | ast.TryStar) -> bool:
        goes_on = not self._leaves(statement)
        if not is_caught(statement):
            goes_on = self.block([*statement.body, *statement.orelse])
            goes_on = goes_on and not any(self._leaves(one) for one in statement.handlers)
        return self.block(statement.finalbody) and goes_on

    def _define(self, node: Function) -> None:
        arguments = node.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        annotations = [one.annotation for one in given]
        self._evaluate(
            [*node.decorator_list, *arguments.defaults, *arguments.kw_defaults, *annotations]
        )
        if any(
            _last(one) == "on_event" and _mentions(one, "startup") for one in node.decorator_list
        ):
            self._add(Local(self._frame.module, node), awaited=True)

    # Imports

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        module = self._frame.module
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        else:
            package = module.name if module.is_package else module.name.rpartition(".")[0]
            origin = absolute(statement.module or "", statement.level, package)
            names = [origin, *(f"{origin}.{alias.name}" for alias in statement.names)]
        self.effects.imports.update(dict.fromkeys(names))

    # Expressions

    def _evaluate(self, nodes: Iterable[ast.AST | None]) -> None:
        for one in evaluated(nodes, self._decide):
            if isinstance(one.node, ast.Call | ast.Subscript):
                self._read(one.node)
            if isinstance(one.node, ast.Call):
                self._call(one.node, awaited=one.awaited)

    def _read(self, node: ast.expr) -> None:
        for reader in READERS:
            self.effects.requirements += reader(node, self._frame, self._resolver)

    def _call(self, call: ast.Call, *, awaited: bool) -> None:
        for name in _AT_START:
            self._hand_over(keyword(call, name))
        if _last(call.func) in _GIVEN:
            self._hand_over(call.args[0] if call.args else keyword(call, "dependency"))
        if isinstance(call.func, ast.Name | ast.Attribute):
            self._add(self._function(call.func), call, awaited=awaited)

    def _hand_over(self, node: ast.expr | None) -> None:
        """Call what is given to a framework that will call it."""
        if isinstance(node, ast.IfExp):
            decided = self._decide(node.test)
            chosen = node.body if decided else node.orelse
            node = None if decided is None else chosen
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        for part in parts:
            if isinstance(part, ast.Name | ast.Attribute):
                self._read(ast.copy_location(ast.Call(part, [], []), part))
                self._add(self._function(part), awaited=True)

    def _function(self, node: ast.Name | ast.Attribute) -> Local | None:
        """Return what is called: a function, the method of a class, or how an object is made."""
        found = value_of(node, self._frame, self._resolver)
        if found is None and isinstance(node, ast.Attribute):
            owner = value_of(node.value, self._frame, self._resolver)
            return _method(owner, node.attr) if isinstance(owner, Local) else None
        if not isinstance(found, Local) or has_rivals(found, self._frame.scopes):
            return None
        if isinstance(found.node, ast.ClassDef):
            return _method(found, "__init__") or _method(found, "__post_init__")
        return found

    def _add(self, local: Local | None, call: ast.Call | None = None, *, awaited: bool) -> None:
        """Follow a call; without one, a framework calls, with arguments that nobody knows."""
        node = local.node if local else None
        if local is None or not isinstance(node, Function):
            return
        if any(_last(one) not in _KEEPS_BODY for one in node.decorator_list):
            return
        if isinstance(node, ast.AsyncFunctionDef) and not awaited:
            return
        given = known_arguments(node, call, self._value) if call is not None else {}
        self.effects.calls.append(Call.of(local, given))

    def _value(self, node: ast.expr) -> ast.Constant | None:
        """Return what an argument is, where that is known."""
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Name) and node.id in self._known:
            value = self._known[node.id]
            return ast.Constant(value) if isinstance(value, str | int | None) else None
        text = literal(node, self._frame, self._resolver)
        return None if text is None else ast.Constant(text)


def _method(owner: Local, name: str) -> Local | None:
    for one in getattr(owner.node, "body", ()):
        if isinstance(one, Function) and one.name == name:
            return Local(owner.module, one)
    return None


def _last(node: ast.expr) -> str:
    """Return the last name of what is called or referred to."""
    called = node.func if isinstance(node, ast.Call) else node
    return (dotted(called) or "").rpartition(".")[2]


def _mentions(node: ast.expr, word: str) -> bool:
    return any(string(one) == word for one in ast.walk(node))
