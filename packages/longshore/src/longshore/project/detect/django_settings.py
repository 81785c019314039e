"""Django's settings, as far as they are literal."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.reading import Reading
from longshore.project.detect.syntax import Assigned, Module, string

_MAX_DEPTH = 4
"""Settings that import ``*`` from others, that import ``*`` from others, and so on."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Settings:
    """A settings module.

    Args:
        name: its import name.
        location: the line that names it: ``manage.py:8``.
        values: the upper-case names that it and the modules below it assign, each with path, line
            and expression.
        apps: every string in a list that is called something with ``APPS``.
    """

    name: str
    location: str
    values: dict[str, tuple[str, int, ast.expr]]
    apps: frozenset[str]

    def text(self, name: str) -> tuple[str, str] | None:
        """Return a literal string with its place: ``shop/settings.py:4``."""
        path, line, node = self.values.get(name, ("", 0, None))
        value = string(node)
        return (value, f"{path}:{line}") if value is not None else None


def read_settings(name: str, location: str, reading: Reading) -> Settings | None:
    """Read a settings module and those that it imports ``*`` from."""
    module = reading.resolver.module(name)
    if module is None:
        return None
    return Settings(
        name=name,
        location=location,
        values=dict(_assignments(module, reading, depth=0)),
        apps=_installed(module, reading, depth=0),
    )


def _bases(module: Module, reading: Reading) -> Iterator[Module]:
    for star in module.scope.stars:
        base = reading.resolver.module(star)
        if base is not None and base is not module:
            yield base


def _assignments(
    module: Module, reading: Reading, *, depth: int
) -> Iterator[tuple[str, tuple[str, int, ast.expr]]]:
    """Yield what is assigned, that of ``import *`` first."""
    if depth < _MAX_DEPTH:
        for base in _bases(module, reading):
            yield from _assignments(base, reading, depth=depth + 1)
    for name, bindings in module.scope.names.items():
        last = bindings[-1]
        if name.isupper() and isinstance(last, Assigned):
            yield name, (module.path, last.line, last.value)


def _installed(module: Module, reading: Reading, *, depth: int) -> frozenset[str]:
    words: set[str] = set()
    for statement in ast.walk(module.tree):
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
        elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
            target = statement.target
        else:
            continue
        if isinstance(target, ast.Name) and "APPS" in target.id:
            words |= {text for node in ast.walk(statement) if (text := string(node)) is not None}
    if depth < _MAX_DEPTH:
        for base in _bases(module, reading):
            words |= _installed(base, reading, depth=depth + 1)
    return frozenset(words)
