"""Find further settings that a file requires, since some libraries stop at the first one."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def find_required_calls(path: str, environ: Collection[str]) -> list[str]:
    """Return the names in ``config("NAME")`` calls without a default that are not set."""
    names = []
    for node in _walk(path):
        if isinstance(node, ast.Call) and _name_of(node.func) in {"config", "get_config", "conf"}:
            if any(keyword.arg == "default" for keyword in node.keywords) or len(node.args) != 1:
                continue
            names.append(_text(node.args[0]))
    return _missing(names, environ)


def find_required_keys(path: str, environ: Collection[str]) -> list[str]:
    """Return the names in ``os.environ["NAME"]`` that are not set."""
    names = [
        _text(node.slice)
        for node in _walk(path)
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and _name_of(node.value) == "environ"
    ]
    return _missing(names, environ)


def _walk(path: str) -> list[ast.AST]:
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    return sorted(ast.walk(tree), key=lambda node: getattr(node, "lineno", 0))


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _missing(names: list[str], environ: Collection[str]) -> list[str]:
    unique = dict.fromkeys(name for name in names if name)
    return [name for name in unique if name not in environ and name not in os.environ]
