"""Which expressions a statement certainly evaluates."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_RUNNERS = frozenset({"run", "run_until_complete"})


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """An expression; ``awaited`` is whether a coroutine that it makes runs, too."""

    node: ast.expr
    awaited: bool = False


def evaluated(nodes: Iterable[ast.AST | None]) -> Iterator[Evaluated]:
    """Yield expressions and their parts; what only a condition or a later call evaluates is not.

    No recursion: generated sums of a thousand terms nest a thousand deep.
    """
    pending: list[tuple[ast.AST | None, bool]] = [(node, False) for node in nodes]
    pending.reverse()
    while pending:
        node, awaited = pending.pop()
        if node is None:
            continue
        if isinstance(node, ast.expr):
            yield Evaluated(node, awaited)
        pending += reversed(list(_parts(node)))


def _parts(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    match node:
        case ast.Lambda(args=arguments):
            yield arguments, False
        case ast.BoolOp(values=values):
            yield values[0], False
        case ast.IfExp(test=test):
            yield test, False
        case ast.Await(value=value):
            yield value, True
        case ast.Call(func=func):
            runs = isinstance(func, ast.Attribute) and func.attr in _RUNNERS
            for each in ast.iter_child_nodes(node):
                yield each, runs and isinstance(each, ast.Call)
        case _ if isinstance(node, _COMPREHENSIONS):
            yield node.generators[0].iter, False
        case _:
            for each in ast.iter_child_nodes(node):
                yield each, False
