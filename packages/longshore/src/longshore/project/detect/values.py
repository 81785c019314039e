"""What a name can stand for, as far as reading tells."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.frameworks import PLAIN_ASGI, PLAIN_WSGI, Framework
from longshore.project.detect.syntax import (
    BLOCK_PARTS,
    BLOCKS,
    Definition,
    Function,
    Module,
    Scope,
)


@dataclass(frozen=True, slots=True)
class External:
    """A name outside the project: ``fastapi.FastAPI``, ``flask``."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A function or class of the project."""

    module: Module
    node: Definition


@dataclass(frozen=True, slots=True)
class InModule:
    """A module of the project."""

    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """An object: what a call returned.

    Args:
        maker: the full name of what was called: ``fastapi.FastAPI``, ``shop.base.App``.
        framework: set if it is an application.
        origin: path, line and column of the call, its identity.
        inner: origins of applications that it wraps.
        of_class: the class in the project that it is an instance of.
    """

    maker: str
    framework: Framework | None
    origin: tuple[str, int, int]
    inner: tuple[tuple[str, int, int], ...] = ()
    of_class: Local | None = None


Value = External | Local | InModule | Made


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where an expression stands: its module, the scopes around it, innermost first, its line."""

    module: Module
    scopes: tuple[Scope, ...]
    line: int


def returns_of(function: Function) -> Iterator[ast.expr]:
    """Yield what a function returns, nested functions and classes left out."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Return):
            if node.value is not None:
                yield node.value
        elif isinstance(node, BLOCKS):
            for name in BLOCK_PARTS:
                pending += getattr(node, name, ())


def plain_interface(function: Function, *, skip: int = 0) -> Framework | None:
    """Return the interface of a bare callable, by the names of its parameters.

    ``skip`` parameters are left out: 1 for a method's ``self``.
    """
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][skip:]
    if names == ["scope", "receive", "send"] and isinstance(function, ast.AsyncFunctionDef):
        return PLAIN_ASGI
    if names in (["environ", "start_response"], ["env", "start_response"]):
        return PLAIN_WSGI
    return None
