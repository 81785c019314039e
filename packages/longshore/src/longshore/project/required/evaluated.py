"""Which expressions a statement certainly evaluates."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_RUNNERS = frozenset({"run", "run_until_complete"})


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """An expression; ``awaited`` is whether a coroutine that it makes runs, too."""

    node: ast.expr
    awaited: bool = False


Decide = Callable[[ast.expr], bool | None]
"""Returns what a condition is, or ``None`` where that can't be told."""


def evaluated(nodes: Iterable[ast.AST | None], decide: Decide) -> Iterator[Evaluated]:
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
        pending += reversed(list(_parts(node, decide)))


def _parts(node: ast.AST, decide: Decide) -> Iterator[tuple[ast.AST, bool]]:
    match node:
        case ast.Lambda(args=arguments):
            yield arguments, False
        case ast.BoolOp() | ast.IfExp():
            yield from ((one, False) for one in _taken(node, decide))
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


def _taken(node: ast.BoolOp | ast.IfExp, decide: Decide) -> Iterator[ast.expr]:
    """Yield what is evaluated of an expression that chooses."""
    if isinstance(node, ast.IfExp):
        yield node.test
        decided = decide(node.test)
        if decided is not None:
            yield node.body if decided else node.orelse
        return
    for value in node.values:
        yield value
        if decide(value) is not isinstance(node.op, ast.And):
            break  # it decides the whole, or may do so
