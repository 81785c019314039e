"""pydantic-settings: the fields without a default of a class that is made without arguments."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import dotted, keyword
from longshore.project.detect.values import Local
from longshore.project.required.model import Frame, Requirement, has_rivals, literal, value_of
from longshore.project.required.pydantic_config import Config, called_name, lineage, read_config

_FIRST = frozenset({"pydantic.BaseSettings", "pydantic.v1.BaseSettings"})
_SECOND = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})
_MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel"})
_MAX_DEPTH = 5
"""Settings whose fields are settings, and so on."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Field:
    """A field, where it is defined, and what its value or annotation says."""

    name: str
    frame: Frame
    owner: str
    node: ast.AnnAssign

    @property
    def details(self) -> ast.Call | None:
        """The call of ``Field(…)``, as the value or in ``Annotated``."""
        for node in (self.node.value, self.node.annotation):
            for inner in ast.walk(node) if node is not None else ():
                if isinstance(inner, ast.Call) and called_name(inner) == "Field":
                    return inner
        return None

    @property
    def factory(self) -> ast.Call | None:
        """The call of its ``default_factory``."""
        found = keyword(self.details, "default_factory") if self.details else None
        return None if found is None else ast.copy_location(ast.Call(found, [], []), found)

    def is_required(self, *, optional_has_default: bool) -> bool:
        """Tell whether it has no default."""
        value, details = self.node.value, self.details
        if value is not None and not _is_ellipsis(value) and value is not details:
            return False
        if details is not None:
            names = {item.arg for item in details.keywords}
            first = details.args[0] if details.args else keyword(details, "default")
            if names & {"default_factory", "init", None}:
                return False
            if first is not None and not _is_ellipsis(first):
                return False
        explicit = value is not None and (
            _is_ellipsis(value) or (details is value and bool(details.args))
        )
        return explicit or not (optional_has_default and _is_optional(self.node.annotation))


def read_settings_class(node: ast.expr, frame: Frame, resolver: Resolver) -> Iterator[Requirement]:
    """Yield the fields without a default of ``Settings()``, by the names of their variables."""
    yield from _read(node, frame, resolver, depth=0)


def _read(node: ast.expr, frame: Frame, resolver: Resolver, *, depth: int) -> Iterator[Requirement]:
    if depth > _MAX_DEPTH or not isinstance(node, ast.Call) or node.args:
        return
    given = {item.arg for item in node.keywords}
    if None in given or given & {"_env_prefix", "_secrets_dir", "_cli_parse_args"}:
        return
    local = value_of(node.func, frame, resolver)
    if not isinstance(local, Local) or not isinstance(local.node, ast.ClassDef):
        return
    bases = set(resolver.bases(local))
    if not bases & (_FIRST | _SECOND) or has_rivals(local, frame.scopes):
        return
    chain = lineage(local, resolver)
    config = read_config(chain, resolver)
    if config is None:
        return
    old = bool(bases & _FIRST)
    for one in _fields(chain).values():
        if one.name in given:
            continue
        if one.is_required(optional_has_default=old):
            yield from _variables(one, config, resolver, old=old)
        elif one.factory is not None:
            yield from _read(one.factory, one.frame, resolver, depth=depth + 1)


def _fields(chain: tuple[Local, ...]) -> Mapping[str, _Field]:
    fields: dict[str, _Field] = {}
    for local in chain:
        frame = Frame(module=local.module, statements=())
        for statement in getattr(local.node, "body", ()):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                    text = ast.unparse(statement.annotation)
                    if name != "model_config" and "ClassVar" not in text:
                        fields[name] = _Field(
                            name=name, frame=frame, owner=local.node.name, node=statement
                        )
                case ast.Assign(targets=[ast.Name(id=name)]):
                    fields.pop(name, None)  # a default for what a base declares
                case ast.FunctionDef(name=name):
                    fields.pop(name, None)  # a property
                case _:
                    pass
    return fields


def _variables(
    one: _Field, config: Config, resolver: Resolver, *, old: bool
) -> Iterator[Requirement]:
    names = _aliases(one, resolver, old=old)
    if names is None:
        return
    own = f"{config.prefix}{one.name}"
    if not names or config.by_name:
        names = (*names, own)
    if not config.case_sensitive:
        names = tuple(name.upper() for name in names)
    nested = _nested(one, resolver)
    if nested is not None and config.delimiter:
        for part in _fields(lineage(nested, resolver)).values():
            if part.is_required(optional_has_default=old) and part.details is None:
                below = f"{own}{config.delimiter}{part.name}"
                name = below if config.case_sensitive else below.upper()
                yield _requirement(part, (name, *names), config)
        return
    yield _requirement(one, names, config)


def _requirement(one: _Field, names: tuple[str, ...], config: Config) -> Requirement:
    return Requirement(
        name=names[0],
        location=one.frame.location(one.node),
        text=f"{one.owner}.{one.name}",
        others=names[1:],
        ignores_case=not config.case_sensitive,
    )


def _nested(one: _Field, resolver: Resolver) -> Local | None:
    """Return the model that a field's annotation names."""
    found = value_of(one.node.annotation, one.frame, resolver)
    if not isinstance(found, Local) or not isinstance(found.node, ast.ClassDef):
        return None
    return found if set(resolver.bases(found)) & (_MODELS | _FIRST | _SECOND) else None


def _aliases(one: _Field, resolver: Resolver, *, old: bool) -> tuple[str, ...] | None:
    """Return the names that a field has instead of its own; ``None`` where they can't be read."""
    details = one.details
    if details is None:
        return ()
    keys = ("env",) if old else ("validation_alias", "alias")
    alias = next((found for key in keys if (found := keyword(details, key))), None)
    if alias is None:
        return ()
    if isinstance(alias, ast.Call) and (dotted(alias.func) or "").endswith("AliasChoices"):
        parts: list[ast.expr] = list(alias.args)
    elif isinstance(alias, ast.List | ast.Tuple):
        parts = list(alias.elts)
    else:
        parts = [alias]
    names = tuple(literal(part, one.frame, resolver) for part in parts)
    return None if None in names else tuple(name for name in names if name)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_optional(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation)
    return "Optional[" in text or "None" in text or text in {"Any", "typing.Any"}
