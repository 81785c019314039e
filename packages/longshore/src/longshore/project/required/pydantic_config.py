"""How a settings class of pydantic is configured, and what makes its values unknowable."""

import ast
from dataclasses import dataclass, replace

from longshore.project.detect.resolve import Resolver
from longshore.project.detect.syntax import Function, dotted, keyword, string
from longshore.project.detect.values import Local
from longshore.project.required.model import Frame, literal

_OTHER_SOURCES = frozenset(
    {"settings_customise_sources", "customise_sources", "__init__", "__new__"}
)
"""Methods of a class whose values may come from anywhere."""

_EARLY = frozenset({"model_validator", "root_validator"})
_UNREADABLE = frozenset({"cli_parse_args", "secrets_dir", "env_parse_none_str", "alias_generator"})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Config:
    """What ``model_config`` or ``class Config`` says."""

    prefix: str = ""
    delimiter: str = ""
    case_sensitive: bool = False
    by_name: bool = False


def lineage(local: Local, resolver: Resolver) -> tuple[Local, ...]:
    """Return a class and its bases in the project, the most basic first."""
    found: dict[ast.AST, Local] = {}
    pending = [local]
    while pending:
        one = pending.pop()
        if one.node in found or not isinstance(one.node, ast.ClassDef):
            continue
        found[one.node] = one
        values = [resolver.value(base, one.module) for base in one.node.bases]
        pending += [base for base in values if isinstance(base, Local)]
    return tuple(reversed(found.values()))


def read_config(chain: tuple[Local, ...], resolver: Resolver) -> Config | None:
    """Return the configuration; ``None`` where values may come from what is not read."""
    config = Config()
    for local in chain:
        if not isinstance(local.node, ast.ClassDef):
            continue
        frame = Frame(module=local.module, statements=())
        options = [(item.arg or "", item.value) for item in local.node.keywords]
        for statement in local.node.body:
            if isinstance(statement, Function) and _fills_in(statement):
                return None
            options += _options(statement)
        for name, value in options:
            changed = _apply(config, name, value, frame, resolver)
            if changed is None:
                return None
            config = changed
    return config


def _fills_in(function: Function) -> bool:
    """Tell whether a method may give values that are in no variable."""
    if function.name in _OTHER_SOURCES:
        return True
    for decorator in function.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        called = called_name(call) if call else (dotted(decorator) or "").rpartition(".")[2]
        if called in _EARLY:
            mode = string(keyword(call, "mode")) if call else None
            early = keyword(call, "pre") if call else None
            if mode in {"before", "wrap"} or early is not None:
                return True
    return False


def _options(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """Return the options of ``model_config = SettingsConfigDict(…)`` or of ``class Config``."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id="model_config")], value=ast.expr() as value)
            | ast.AnnAssign(target=ast.Name(id="model_config"), value=ast.expr() as value)
        ):
            if isinstance(value, ast.Call):
                return [(item.arg or "**", item.value) for item in value.keywords]
            if isinstance(value, ast.Dict):
                pairs = zip(value.keys, value.values, strict=True)
                return [(string(key) or "**", one) for key, one in pairs]
            return [("**", value)]
        case ast.ClassDef(name="Config", body=body):
            return [
                (one.targets[0].id, one.value)
                for one in body
                if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
            ] + [(one.name, ast.Constant(None)) for one in body if isinstance(one, ast.FunctionDef)]
        case _:
            return []


def _apply(
    config: Config, name: str, value: ast.expr, frame: Frame, resolver: Resolver
) -> Config | None:
    if name in _UNREADABLE | _OTHER_SOURCES or name == "**":
        return None
    if name in {"env_prefix", "env_nested_delimiter"}:
        is_none = isinstance(value, ast.Constant) and value.value is None
        text = "" if is_none else literal(value, frame, resolver)
        if text is None:
            return None
        by_prefix = name == "env_prefix"
        return replace(config, prefix=text) if by_prefix else replace(config, delimiter=text)
    is_true = isinstance(value, ast.Constant) and value.value is True
    if name == "case_sensitive":
        return replace(config, case_sensitive=is_true)
    if name in {"populate_by_name", "validate_by_name", "allow_population_by_field_name"}:
        return replace(config, by_name=is_true)
    return config


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return (dotted(call.func) or "").rpartition(".")[2]
