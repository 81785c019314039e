"""Variables that the project sets itself, in its code or by files that it reads."""

import ast
import re
from collections.abc import Iterable, Iterator

from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.syntax import Module, dotted, string
from longshore.project.required.guards import NESTED

_ENVIRON = re.compile(r"\bos\.environ\b|\bputenv\b|\bfrom os import\b")
_SETTING = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=", re.MULTILINE)
_LOADERS = frozenset(
    {
        "Config",
        "RepositoryEnv",
        "RepositoryIni",
        "Settings",
        "SettingsConfigDict",
        "dotenv_values",
        "load_dotenv",
        "read_env",
        "read_envfile",
    }
)
_ALWAYS_READ = ("settings.ini",)
"""What python-decouple looks for beside the code; its other file, ``.env``, is never shipped."""


def set_in(module: Module, text: str) -> Iterator[str]:
    """Yield the variables that a module sets somewhere, under whatever condition."""
    if not has_environ(text):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Subscript(value=value, slice=key, ctx=ast.Store()) if _is_environ(value):
                yield string(key) or ""
            case ast.Call(func=ast.Attribute(value=value, attr="setdefault"), args=[key, *_]) if (
                _is_environ(value)
            ):
                yield string(key) or ""
            case ast.Call(func=func, args=[key, *_]) if dotted(func) == "os.putenv":
                yield string(key) or ""
            case ast.Call(func=ast.Attribute(value=value, attr="update")) if _is_environ(value):
                yield from (item.arg or "" for item in node.keywords)
                for given in node.args:
                    keys = given.keys if isinstance(given, ast.Dict) else []
                    yield from (string(key) or "" for key in keys)
            case _:
                pass


def has_environ(text: str) -> bool:
    """Tell whether a module's text may set variables; WSGI's ``environ`` is something else."""
    return bool(_ENVIRON.search(text))


def is_opaque(statements: Iterable[ast.stmt]) -> bool:
    """Tell whether code that runs sets variables whose names it computes."""
    pending: list[ast.AST] = [one for one in statements if not isinstance(one, NESTED)]
    while pending:
        node = pending.pop()
        match node:
            case ast.Subscript(value=value, slice=key, ctx=ast.Store()) if _is_environ(value):
                if string(key) is None:
                    return True
            case ast.Call(func=ast.Attribute(value=value, attr="update"), args=[given]):
                if _is_environ(value) and not isinstance(given, ast.Dict):
                    return True
            case ast.AugAssign(target=target) if _is_environ(target):
                return True
            case _:
                pass
        pending += [one for one in ast.iter_child_nodes(node) if not isinstance(one, NESTED)]
    return False


def files_read(module: Module, text: str, files: ProjectFiles) -> Iterator[str]:
    """Yield the settings in files of the project that a module reads by their literal names."""
    present = [path for path in files.paths if _may_be_read(path, text)]
    if not present:
        return
    names = set(_ALWAYS_READ) if "decouple" in text else set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = (dotted(node.func) or "").rpartition(".")[2]
            loads = called in _LOADERS
            parts: list[ast.AST] = [node] if loads else []
        elif isinstance(node, ast.ClassDef) and node.name == "Config":
            parts = list(node.body)
        else:
            continue
        for part in parts:
            names |= {word for one in ast.walk(part) if (word := string(one))}
    wanted = {name.rpartition("/")[2] for name in names}
    for path in present:
        if path.rpartition("/")[2] in wanted:
            yield from _SETTING.findall(files.text(path) or "")


def _may_be_read(path: str, text: str) -> bool:
    name = path.rpartition("/")[2]
    if name.startswith(".env") or name.endswith(".py"):
        return False  # the one is never shipped, the other is code
    return name in text or (name in _ALWAYS_READ and "decouple" in text)


def _is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and (dotted(node) or "").rpartition(".")[2] == "environ"
