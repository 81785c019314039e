"""Libraries that are asked for a name: python-decouple, django-environ, environs, Starlette."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import Assigned, keyword
from longshore.project.required.model import Frame, Requirement, literal, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    """How a library is asked.

    Args:
        default: which positional argument is the default, counted from 0.
        method_default: likewise, where a method is called.
        names: methods that have a name of their own where none is given.
        methods: further methods that read a setting.
    """

    default: int
    method_default: int = 1
    names: tuple[tuple[str, str], ...] = ()
    methods: frozenset[str] = frozenset()


_TYPES = frozenset({"bool", "bytes", "date", "datetime", "decimal", "dict", "enum", "float", "int"})
_MORE = frozenset({"json", "list", "log_level", "path", "str", "time", "timedelta", "url", "uuid"})
_DJANGO_URLS = (
    ("cache", "CACHE_URL"),
    ("cache_url", "CACHE_URL"),
    ("channels", "CHANNELS_URL"),
    ("channels_url", "CHANNELS_URL"),
    ("db", "DATABASE_URL"),
    ("db_url", "DATABASE_URL"),
    ("email", "EMAIL_URL"),
    ("email_url", "EMAIL_URL"),
    ("search_url", "SEARCH_URL"),
)
_ENVIRONS = _Library(
    default=1, methods=_TYPES | _MORE | {"dj_cache_url", "dj_db_url", "dj_email_url"}
)
_DJANGO = _Library(default=2, names=_DJANGO_URLS, methods=_TYPES | _MORE | {"tuple", "unicode"})
_STARLETTE = _Library(default=2)
_DECOUPLE = _Library(default=1)
_LIBRARIES = {
    "decouple.config": _DECOUPLE,
    "decouple.AutoConfig()": _DECOUPLE,
    "decouple.Config()": _DECOUPLE,
    "environ.Env()": _DJANGO,
    "environ.FileAwareEnv()": _DJANGO,
    "environs.Env()": _ENVIRONS,
    "environs.env": _ENVIRONS,
    "environs.FileAwareEnv()": _ENVIRONS,
    "starlette.config.Config()": _STARLETTE,
}


def read_call(node: ast.expr, frame: Frame, resolver: Resolver) -> Iterator[Requirement]:
    """Yield what ``config("NAME")``, ``env("NAME")`` or ``env.db()`` needs if it has no default."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return
    maker = name_of(node.func, frame, resolver)
    library, method = _LIBRARIES.get(maker), ""
    owner: ast.expr = node.func
    if library is None and isinstance(node.func, ast.Attribute):
        owner, method = node.func.value, node.func.attr
        library = _LIBRARIES.get(name_of(owner, frame, resolver))
    if library is None or any(isinstance(one, ast.Starred) for one in node.args):
        return
    if any(item.arg in {None, "default"} for item in node.keywords):
        return
    own = dict(library.names).get(method)
    if method and own is None and method not in library.methods:
        return
    if len(node.args) > (library.method_default if method else library.default):
        return
    given = node.args[0] if node.args else keyword(node, "var") or keyword(node, "name")
    name = literal(given, frame, resolver) if given is not None else own
    if name and not _has_default(name, owner, frame, resolver):
        text = " ".join(ast.unparse(node).split())
        yield Requirement(name=name, location=frame.location(node), text=text)


def _has_default(name: str, owner: ast.expr, frame: Frame, resolver: Resolver) -> bool:
    """Tell whether the object that is asked was made with a default, or with a prefix.

    ``environ.Env(DEBUG=(bool, False))`` has one for ``DEBUG``.
    """
    made = _made(owner, frame, resolver)
    if made is None:
        return False
    for item in made.keywords:
        if item.arg in {None, "prefix", "env_prefix"}:
            return True
        if item.arg == name:
            return isinstance(item.value, ast.Tuple) and len(item.value.elts) > 1
    return False


def _made(owner: ast.expr, frame: Frame, resolver: Resolver) -> ast.Call | None:
    """Return the call that made an object, in this file or where it is imported from."""
    if not isinstance(owner, ast.Name):
        return None
    for scope in (*frame.scopes, frame.module.scope):
        for binding in reversed(scope.names.get(owner.id, [])):
            if isinstance(binding, Assigned):
                return binding.value if isinstance(binding.value, ast.Call) else None
            origin = resolver.module(getattr(binding, "module", ""))
            last = origin.last(getattr(binding, "attribute", None) or "") if origin else None
            value = last.value if isinstance(last, Assigned) else None
            return value if isinstance(value, ast.Call) else None
    return None
