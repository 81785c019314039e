"""pydantic and pydantic-settings: field paths become environment variables.

The library's own text prints ``input_value=…``, which is the secret; nothing of that text is used.
https://docs.pydantic.dev/latest/errors/validation_errors/ lists the types.
"""

from __future__ import annotations

import re
from typing import Any, Final

from longshore_runtime.settings.frames import walk_frames
from longshore_runtime.settings.problem import Problem

EXPECTED: Final = {
    "missing": "required",
    "extra_forbidden": "not a setting of this application",
    "int_parsing": "expected an integer",
    "int_type": "expected an integer",
    "int_from_float": "expected an integer",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "finite_number": "expected a finite number",
    "decimal_parsing": "expected a decimal number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "none_required": "expected nothing",
    "json_invalid": "expected JSON",
    "json_type": "expected JSON",
    "list_type": "expected a JSON list",
    "dict_type": "expected a JSON object",
    "model_type": "expected a JSON object",
    "path_type": "expected a path",
    "path_not_file": "expected the path of a file that exists",
    "path_not_directory": "expected the path of a directory that exists",
    "uuid_parsing": "expected a UUID",
    "uuid_type": "expected a UUID",
    "url_type": "expected a URL",
    "url_parsing": "expected a URL",
    "url_syntax_violation": "expected a URL",
    "url_too_long": "the URL is too long",
    "datetime_parsing": "expected a date and time (ISO 8601)",
    "date_parsing": "expected a date (ISO 8601)",
    "time_delta_parsing": "expected a duration (ISO 8601 or seconds)",
    "value_error": "refused by the application's own check",
    "assertion_error": "refused by the application's own check",
}
"""What each type of error expects; words of ours, without the input."""

WITH_CONTEXT: Final = {
    "greater_than": ("gt", "expected more than {}"),
    "greater_than_equal": ("ge", "expected at least {}"),
    "less_than": ("lt", "expected less than {}"),
    "less_than_equal": ("le", "expected at most {}"),
    "string_too_short": ("min_length", "expected at least {} characters"),
    "string_too_long": ("max_length", "expected at most {} characters"),
    "string_pattern_mismatch": ("pattern", "expected text that matches {}"),
    "literal_error": ("expected", "expected {}"),
    "enum": ("expected", "expected {}"),
    "url_scheme": ("expected_schemes", "expected a URL that starts with {}"),
}
"""Types whose limit is part of the application's schema, and so safe to show."""

FIELD_IN_MESSAGE: Final = re.compile(r'for field "([^"]+)" from source')


def read(error: BaseException) -> tuple[list[Problem], str] | None:
    """Return the problems of a ``ValidationError`` or a pydantic-settings ``SettingsError``."""
    kind = type(error)
    package = kind.__module__.partition(".")[0]
    if kind.__name__ == "ValidationError" and package in {"pydantic_core", "pydantic"}:
        owner = find_class(error, getattr(error, "title", ""))
        errors: Any = error
        details = errors.errors(include_url=False, include_input=False)
        return [_read_detail(owner, detail) for detail in details], _name(owner, error)
    if kind.__name__ == "SettingsError" and package == "pydantic_settings":
        owner = find_class(error, "")
        match = FIELD_IN_MESSAGE.search(str(error))
        field = match.group(1) if match else "?"
        problem = Problem(name=variable_name(owner, (field,)), problem="expected JSON")
        return [problem], _name(owner, error)
    return None


def find_class(error: BaseException, title: str) -> Any:
    """Return the settings class whose construction failed; None when it is not in the traceback."""
    found = None
    for frame in walk_frames(error):
        if frame.f_code.co_name != "__init__":
            continue
        owner = frame.f_locals.get("__pydantic_self__", frame.f_locals.get("self"))
        kind = type(owner)
        if hasattr(kind, "model_fields") and title in {"", kind.__name__, kind_title(kind)}:
            found = kind
    return found


def kind_title(kind: Any) -> str:
    """Return the title that the errors of a model carry."""
    return str(kind.model_config.get("title") or kind.__name__)


def variable_name(owner: Any, loc: tuple[Any, ...]) -> str:
    """Return the environment variable that sets the field at a location.

    Args:
        owner: the settings class; None when it is not known.
        loc: pydantic's path, such as ``("db", "url")``.
    """
    words = [str(part) for part in loc]
    config = {} if owner is None else owner.model_config
    is_settings = "env_prefix" in config
    if not words:
        return "?"
    first, rest = words[0], words[1:]
    alias = _alias_of(owner, first)
    head = alias or str(config.get("env_prefix", "")) + first
    joined = (str(config.get("env_nested_delimiter") or "__")).join([head, *rest])
    if not is_settings:
        return ".".join(words)
    return joined if config.get("case_sensitive") else joined.upper()


def _alias_of(owner: Any, name: str) -> str:
    """Return the alias under which a field is read, which ignores the prefix."""
    if owner is None:
        return ""
    fields = owner.model_fields
    if name in fields:
        alias = fields[name].validation_alias
        if alias is None:
            return ""
        choices = getattr(alias, "choices", [alias])
        first = choices[0] if choices else ""
        return first if isinstance(first, str) else ""
    for field in fields.values():
        choices = getattr(field.validation_alias, "choices", [field.validation_alias])
        if name in choices:
            return name
    return ""


def _read_detail(owner: Any, detail: dict[str, Any]) -> Problem:
    loc = tuple(part for part in detail["loc"] if isinstance(part, str | int))
    return Problem(
        name=variable_name(owner, loc) if loc else _name(owner, None),
        problem=_expected(detail),
        description=_describe(owner, loc),
    )


def _expected(detail: dict[str, Any]) -> str:
    kind = detail["type"]
    if kind in WITH_CONTEXT:
        key, template = WITH_CONTEXT[kind]
        return template.format(detail.get("ctx", {}).get(key, "what the schema says"))
    return EXPECTED.get(kind, f"not valid ({kind})")


def _describe(owner: Any, loc: tuple[Any, ...]) -> str:
    field = None if owner is None or not loc else owner.model_fields.get(loc[0])
    return str(getattr(field, "description", None) or "")


def _name(owner: Any, error: BaseException | None) -> str:
    if owner is not None:
        return f"{owner.__module__}.{owner.__qualname__}"
    return str(getattr(error, "title", ""))
