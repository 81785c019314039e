"""dynaconf: validators that failed, under the prefix of the settings object."""

from __future__ import annotations

from typing import Any

from longshore_runtime.settings.frames import walk_frames
from longshore_runtime.settings.problem import Problem


def read(error: BaseException) -> tuple[list[Problem], str] | None:
    """Return the problems of dynaconf's ``ValidationError``."""
    if (type(error).__module__, type(error).__name__) != (
        "dynaconf.validator",
        "ValidationError",
    ):
        return None
    failure: Any = error
    validators, settings = _look(failure)
    details = list(failure.details)
    if validators is not None:
        # validate() stops at the first problem; the list can be asked for all of them.
        details = [
            detail for each in validators.validate_all(raise_error=False) for detail in each.details
        ] or details
    prefix = str(getattr(settings, "ENVVAR_PREFIX_FOR_DYNACONF", "DYNACONF") or "")
    problems = [
        Problem(name=_variable(prefix, name), problem=_expected(validator))
        for validator, _ in details
        for name in validator.names
        if _concerns(validator, name, settings)
    ]
    unique = {(problem.name, problem.problem): problem for problem in problems}
    return list(unique.values()) or [Problem(name=f"{prefix}_?", problem="not valid")], "dynaconf"


def _look(error: BaseException) -> tuple[Any, Any]:
    validators = settings = None
    for frame in walk_frames(error):
        owner = frame.f_locals.get("self")
        if type(owner).__name__ == "ValidatorList":
            validators, settings = owner, getattr(owner, "settings", settings)
        settings = frame.f_locals.get("settings", settings)
    return validators, settings


def _concerns(validator: Any, name: str, settings: Any) -> bool:
    """Whether it is this name of a validator for several names that is missing or wrong."""
    if not validator.must_exist or settings is None:
        return True
    return len(validator.names) == 1 or settings.get(name) is None


def _variable(prefix: str, name: str) -> str:
    joined = name.replace(".", "__").upper()
    return f"{prefix.upper()}_{joined}" if prefix else joined


def _expected(validator: Any) -> str:
    operations = dict(validator.operations)
    words = {
        "eq": "expected {!r}",
        "ne": "expected something else than {!r}",
        "gt": "expected more than {!r}",
        "gte": "expected at least {!r}",
        "lt": "expected less than {!r}",
        "lte": "expected at most {!r}",
        "is_in": "expected one of {!r}",
        "is_type_of": "expected a value of type {.__name__}",
        "len_min": "expected at least {!r} items",
        "len_max": "expected at most {!r} items",
    }
    parts = [words[name].format(value) for name, value in operations.items() if name in words]
    if validator.must_exist:
        parts.insert(0, "required")
    return ", ".join(parts) or "refused by the application's own check"
