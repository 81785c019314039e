"""Calls of the project's own functions, and which of their arguments are known."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from longshore.project.detect.syntax import Function
from longshore.project.detect.values import Local


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """A function that is called, and those of its arguments that are known."""

    function: Local
    arguments: tuple[tuple[str, object], ...] = ()

    @classmethod
    def of(cls, function: Local, arguments: Mapping[str, object]) -> Self:
        """Make one with its arguments in order of name."""
        return cls(
            function=function,
            arguments=tuple((name, arguments[name]) for name in sorted(arguments)),
        )

    @property
    def key(self) -> tuple[object, ...]:
        """Its identity."""
        return (self.function.module.path, id(self.function.node), repr(self.arguments))


def known_arguments(
    function: Function,
    call: ast.Call | None,
    value_of: Callable[[ast.expr], ast.Constant | None] = lambda _: None,
) -> dict[str, object]:
    """Return the parameters of which it is known what they are.

    Args:
        function: what is called.
        call: how; ``None`` for a call without arguments.
        value_of: returns what an expression of the caller is.
    """
    if call is not None and _is_spread(call):
        return {}
    positional = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    known = dict(_defaults(function, positional))
    if call is None:
        return known
    skip = 1 if positional[:1] in (["self"], ["cls"]) else 0
    given = dict(zip(positional[skip:], call.args, strict=False))
    given |= {item.arg: item.value for item in call.keywords if item.arg}
    for name, node in given.items():
        known.pop(name, None)
        value = value_of(node)
        if value is not None:
            known[name] = value.value
    return known


def _defaults(function: Function, positional: list[str]) -> dict[str, object]:
    """Return the literal defaults; other ones are values of a place that the caller is not in."""
    arguments = function.args
    names = positional[len(positional) - len(arguments.defaults) :]
    pairs: list[tuple[str, ast.expr | None]] = [
        *zip(names, arguments.defaults, strict=True),
        *zip((one.arg for one in arguments.kwonlyargs), arguments.kw_defaults, strict=True),
    ]
    return {name: node.value for name, node in pairs if isinstance(node, ast.Constant)}


def _is_spread(call: ast.Call) -> bool:
    """Tell whether arguments are given as ``*a`` or ``**b``."""
    spread = any(isinstance(one, ast.Starred) for one in call.args)
    return spread or any(item.arg is None for item in call.keywords)
