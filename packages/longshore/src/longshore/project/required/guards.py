"""What certainly runs: branches that are decided, errors that are caught, ways out."""

import ast
from collections.abc import Iterable, Mapping

from longshore.project.detect.syntax import dotted, is_main_guard

_CATCHERS = frozenset(
    {
        "BaseException",
        "EnvError",
        "Exception",
        "ImproperlyConfigured",
        "KeyError",
        "LookupError",
        "RuntimeError",
        "SystemExit",
        "UndefinedValueError",
        "ValidationError",
        "ValueError",
    }
)
"""Exceptions of which one is raised when a setting is missing."""

_EXITS = frozenset({"SystemExit", "_exit", "abort", "exit", "quit"})
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def truth(  # noqa: PLR0911 - one for each kind
    test: ast.expr, *, known: Mapping[str, object], is_main: bool
) -> bool | None:
    """Return what a condition is whenever the code runs; ``None`` where that can't be told.

    Args:
        test: the condition.
        known: values of parameters.
        is_main: whether the module runs as ``__main__``.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = truth(operand, known=known, is_main=is_main)
            return None if found is None else not found
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id=name) if name in known:
            return bool(known[name])
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
        ) if name in known and isinstance(right, ast.Constant):
            return (known[name] is right.value) == isinstance(op, ast.Is)
        case ast.Name() | ast.Attribute():
            return False if (dotted(test) or "").endswith("TYPE_CHECKING") else None
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=str(name))]):
            if dotted(left) in {"sys.platform", "platform"}:
                return name == "linux"
            return (name == "posix") if dotted(left) == "os.name" else _main(test, is_main=is_main)
        case ast.Compare():
            return _main(test, is_main=is_main)
        case _:
            return None


def _main(test: ast.expr, *, is_main: bool) -> bool | None:
    return is_main if is_main_guard(ast.If(test, [], [])) else None


def is_caught(statement: ast.Try | ast.TryStar) -> bool:
    """Tell whether a missing setting in the body of ``try`` is no error.

    A handler that raises or ends the program itself catches nothing.
    """
    return any(
        _names(handler.type) & _CATCHERS and not is_fatal(handler.body)
        for handler in statement.handlers
    )


def _names(node: ast.expr | None) -> set[str]:
    if node is None:
        return {"BaseException"}
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {(dotted(part) or "").rpartition(".")[2] for part in parts}


def is_suppressed(statement: ast.With | ast.AsyncWith) -> bool:
    """Tell whether ``with`` swallows errors, or gives the settings in it a prefix."""
    for item in statement.items:
        call = item.context_expr
        if isinstance(call, ast.Call):
            called = (dotted(call.func) or "").rpartition(".")[2]
            if called in {"suppress", "prefixed", "raises"}:
                return True
    return False


def is_fatal(body: Iterable[ast.stmt]) -> bool:
    """Tell whether a block ends the program: by ``raise``, ``sys.exit(…)`` and the like."""
    last = next(iter(reversed(list(body))), None)
    match last:
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call(func=func, args=args)):
            done = bool(args) and isinstance(args[0], ast.Constant) and args[0].value == 0
            return not done and (dotted(func) or "").rpartition(".")[2] in _EXITS
        case _:
            return False


def may_leave(statement: ast.AST) -> bool:
    """Tell whether a statement may end a function early, so that what follows may not run."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return):
            return True
        if not isinstance(node, NESTED):
            pending += ast.iter_child_nodes(node)
    return False
