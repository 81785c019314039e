"""``os.environ["NAME"]``, and checks that end the program where a variable is not set."""

import ast
from collections.abc import Iterator

from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import Assigned, keyword
from longshore.project.required.guards import is_fatal
from longshore.project.required.model import Frame, Requirement, literal, name_of

_ENVIRON = "os.environ"
_LOOKUPS = frozenset({"os.getenv", "os.environ.get"})


def read_environ(node: ast.expr, frame: Frame, resolver: Resolver) -> Iterator[Requirement]:
    """Yield the variable that ``os.environ["NAME"]`` needs; ``pop`` and ``__getitem__`` too."""
    match node:
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()):
            pass
        case ast.Call(
            func=ast.Attribute(value=value, attr="pop" | "__getitem__"), args=[key], keywords=[]
        ):
            pass
        case _:
            return
    if isinstance(value, ast.Name | ast.Attribute) and name_of(value, frame, resolver) == _ENVIRON:
        name = literal(key, frame, resolver)
        if name:
            yield _requirement(name, node, frame)


def read_flask(node: ast.expr, frame: Frame, resolver: Resolver) -> Iterator[Requirement]:
    """Yield what ``app.config.from_envvar("NAME")`` needs: the path of a file."""
    match node:
        case ast.Call(func=ast.Attribute(attr="from_envvar"), args=[key]):
            silent = keyword(node, "silent")
            name = literal(key, frame, resolver)
            if name and (silent is None or (isinstance(silent, ast.Constant) and not silent.value)):
                yield _requirement(name, node, frame)
        case _:
            pass


def read_check(
    statement: ast.If | ast.Assert, frame: Frame, resolver: Resolver
) -> Iterator[Requirement]:
    """Yield what ``if not os.getenv("NAME"): raise …`` and ``assert`` insist on."""
    if isinstance(statement, ast.Assert):
        wanted = _present(statement.test)
    else:
        wanted = _absent(statement.test) if is_fatal(statement.body) else iter(())
    for node in wanted:
        name = _looked_up(node, frame, resolver)
        if name:
            yield _requirement(name, statement.test, frame)


def _absent(test: ast.expr) -> Iterator[ast.expr]:
    """Yield what a condition finds absent; each of it alone makes the condition true."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _present(operand)
        case ast.BoolOp(op=ast.Or(), values=values):
            for value in values:
                yield from _absent(value)
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            yield left
        case ast.Compare(ops=[ast.NotIn()]):
            yield test
        case _:
            pass


def _present(test: ast.expr) -> Iterator[ast.expr]:
    """Yield what a condition needs; without each of it the condition is false."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _present(value)
        case ast.Call(
            func=ast.Name(id="all"), args=[ast.List(elts=values) | ast.Tuple(elts=values)]
        ):
            yield from values
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            yield left
        case ast.Name() | ast.Call() | ast.NamedExpr() | ast.Compare(ops=[ast.In()]):
            yield test
        case _:
            pass


def _looked_up(  # noqa: PLR0911 - one for each kind
    node: ast.expr, frame: Frame, resolver: Resolver
) -> str | None:
    """Return the variable whose presence an expression tells."""
    match node:
        case ast.NamedExpr(value=value):
            return _looked_up(value, frame, resolver)
        case ast.Compare(left=left, comparators=[right]):
            is_environ = name_of(right, frame, resolver) == _ENVIRON
            return literal(left, frame, resolver) if is_environ else None
        case ast.Name(id=name):
            scope = next((s for s in (*frame.scopes, frame.module.scope) if name in s.names), None)
            bindings = scope.names[name] if scope else []
            # Given a second time, it may have another value by then.
            if len(bindings) == 1 and isinstance(bindings[0], Assigned):
                value = bindings[0].value
                return _looked_up(value, frame, resolver) if isinstance(value, ast.Call) else None
            return None
        case ast.Call(func=func, args=[key, *rest], keywords=[]):
            empty = all(isinstance(one, ast.Constant) and not one.value for one in rest)
            known = isinstance(func, ast.Attribute | ast.Name)
            if known and empty and name_of(func, frame, resolver) in _LOOKUPS:
                return literal(key, frame, resolver)
            return None
        case _:
            return None


def _requirement(name: str, node: ast.expr, frame: Frame) -> Requirement:
    return Requirement(
        name=name, location=frame.location(node), text=" ".join(ast.unparse(node).split())
    )
