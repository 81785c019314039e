"""What the search answers, and what its parts tell one another."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from longshore.config.leak import is_credential_name
from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import (
    Assigned,
    Binding,
    Defined,
    Imported,
    Module,
    Scope,
    dotted,
    string,
)
from longshore.project.detect.values import Local, Value

ALWAYS_SET = frozenset(
    {"HOME", "HOSTNAME", "LANG", "PATH", "PORT", "PWD", "PYTHONUNBUFFERED", "SSL_CERT_FILE"}
)
"""What the image or whatever starts it sets."""

_MAX_STEPS = 8
"""Constants that are other constants, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A setting without which a process does not start.

    Args:
        name: the environment variable.
        location: the line that reads it: ``src/shop/config.py:7``.
        text: that line, shortened: ``os.environ['DATABASE_URL']``.
        others: further variables that would do instead.
        ignores_case: whether ``database_url`` is the same variable.
    """

    name: str
    location: str
    text: str
    others: tuple[str, ...] = ()
    ignores_case: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether its name is that of a credential, or of an address that may hold one."""
        return is_credential_name(self.name)

    def is_given(self, names: Collection[str]) -> bool:
        """Tell whether one of some variables sets it; ``NAME_FILE`` says where the value is."""
        wanted = {each for name in (self.name, *self.others) for each in (name, f"{name}_FILE")}
        if not wanted.isdisjoint(names):
            return True
        upper = {each.upper() for each in wanted}
        return self.ignores_case and any(name.upper() in upper for name in names)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """Code that runs: a module's top level, or the body of a function that is called.

    Args:
        module: where it is.
        scopes: the function's names; empty at the top level.
        statements: what runs.
        arguments: parameters whose value is known: strings, numbers, ``True``, ``None`` and so on.
        is_main: whether the module runs as ``__main__``.
        is_function: whether ``return`` may end it.
    """

    module: Module
    statements: tuple[ast.stmt, ...]
    scopes: tuple[Scope, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    is_main: bool = False
    is_function: bool = False

    def location(self, node: ast.AST) -> str:
        """Return ``src/shop/config.py:7``."""
        return f"{self.module.path}:{getattr(node, 'lineno', 1)}"


class Reader(Protocol):
    """One way to read a setting; there is one for each library."""

    def __call__(self, node: ast.expr, frame: Frame, resolver: Resolver) -> Iterator[Requirement]:
        """Yield what an expression requires when it is evaluated."""


def value_of(node: ast.expr, frame: Frame, resolver: Resolver) -> Value | None:
    """Return what an expression is, seen from a frame."""
    return resolver.value(node, frame.module, *frame.scopes)


def name_of(node: ast.expr, frame: Frame, resolver: Resolver) -> str:
    """Return the full name of what another distribution has, else an empty string.

    An object is named after what made it: ``environ.Env()``.
    """
    return resolver.full_name(node, frame.module, *frame.scopes) or ""


def has_rivals(local: Local, scopes: Iterable[Scope]) -> bool:
    """Tell whether something else has the name of a function or class, on some condition.

    Declarations of overloads are none.
    """
    for scope in (*scopes, local.module.scope):
        bindings = scope.names.get(local.node.name, [])
        if any(isinstance(one, Defined) and one.node is local.node for one in bindings):
            return sum(not _is_overload(one) for one in bindings) > 1
    return False


def _is_overload(binding: Binding) -> bool:
    decorators = binding.node.decorator_list if isinstance(binding, Defined) else []
    return any((dotted(one) or "").rpartition(".")[2] == "overload" for one in decorators)


def literal(node: ast.expr | None, frame: Frame, resolver: Resolver) -> str | None:
    """Return a string: a literal, a constant of the project, or a known argument."""
    scopes = (*frame.scopes, frame.module.scope)
    arguments = frame.arguments
    for _ in range(_MAX_STEPS):
        if not isinstance(node, ast.Name):
            return string(node)
        if node.id in arguments:
            value = arguments[node.id]
            return value if isinstance(value, str) else None
        bindings = next((found for one in scopes if (found := one.names.get(node.id))), ())
        last = bindings[0] if len(bindings) == 1 else None
        if isinstance(last, Assigned):
            node = last.value
            continue
        origin = resolver.module(last.module) if isinstance(last, Imported) else None
        if origin is None or not isinstance(last, Imported) or last.attribute is None:
            return None
        scopes, arguments = (origin.scope,), {}
        node = ast.Name(last.attribute, ast.Load())
    return None
