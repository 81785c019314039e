"""Tell an ASGI application, a WSGI application and a factory apart by how they are called.

ASGI 3 takes ``(scope, receive, send)``, WSGI takes ``(environ, start_response)``, a factory takes
nothing. What fits none of them is refused with the reason, instead of being guessed at.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types

from longshore_runtime.errors import ImportFailedError

ASGI_ARGUMENTS = 3
WSGI_ARGUMENTS = 2


class Shape(enum.Enum):
    """What an object looks like from its signature."""

    ASGI = "asgi"
    WSGI = "wsgi"
    FACTORY = "factory"
    CLASS = "class"
    NOT_CALLABLE = "not callable"
    UNKNOWN = "unknown"


USUAL_NAMES = {
    Shape.ASGI: frozenset({"scope", "receive", "send"}),
    Shape.WSGI: frozenset({"environ", "env", "start_response", "start"}),
}
"""What the arguments of an application are called, by the specifications and by habit."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The shape of an object and, where it is no application, what was seen."""

    shape: Shape
    seen: str = ""


def detect_shape(found: object) -> Finding:
    """Look at an object without calling it."""
    if inspect.isclass(found):
        return Finding(shape=Shape.CLASS, seen=f"the class {found.__name__!r}")
    if not callable(found):
        return Finding(shape=Shape.NOT_CALLABLE, seen=f"an object of type {type(found).__name__!r}")
    is_async = any(map(inspect.iscoroutinefunction, (inspect.unwrap(found), type(found).__call__)))
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return Finding(shape=Shape.UNKNOWN, seen="a callable without a signature")
    finding = _judge(parameters, is_async=is_async)
    is_plain = isinstance(found, types.FunctionType | functools.partial) and not is_async
    if is_plain and not _speaks_its_names(finding, parameters):
        # Two or three arguments of a plain function may be a factory's: say so instead of guessing.
        names = ", ".join(parameter.name for parameter in parameters)
        return Finding(shape=Shape.UNKNOWN, seen=f"a callable with the arguments ({names})")
    return finding


def _speaks_its_names(finding: Finding, parameters: list[inspect.Parameter]) -> bool:
    usual = USUAL_NAMES.get(finding.shape)
    return usual is None or any(parameter.name in usual for parameter in parameters)


def _judge(parameters: list[inspect.Parameter], *, is_async: bool) -> Finding:
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    required = [p for p in parameters if p.default is p.empty and p.kind in positional]
    is_open = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    names = ", ".join(p.name for p in required)
    if is_open and len(required) < WSGI_ARGUMENTS:
        shape = Shape.ASGI if is_async else Shape.UNKNOWN
        return Finding(shape=shape, seen="a callable that takes any arguments")
    if len(required) == ASGI_ARGUMENTS:
        return Finding(shape=Shape.ASGI)
    if len(required) == WSGI_ARGUMENTS and not is_async:
        return Finding(shape=Shape.WSGI)
    if not required and not is_async:
        return Finding(shape=Shape.FACTORY)
    kind = "an async callable" if is_async else "a callable"
    return Finding(shape=Shape.UNKNOWN, seen=f"{kind} with the arguments ({names})")


def refuse(target: str, finding: Finding, *, from_factory: bool = False) -> ImportFailedError:
    """Return the error for an object that is no application."""
    if finding.shape is Shape.CLASS:
        hint = "name an instance of it, or a function without arguments that returns one"
    elif finding.shape is Shape.UNKNOWN and finding.seen.startswith("a callable with"):
        hint = (
            "a factory takes no arguments: give them defaults, or read them from the environment; "
            "an application with unusual names needs --interface"
        )
    elif finding.shape is Shape.UNKNOWN and "any arguments" in finding.seen:
        hint = "say what it speaks with --interface asgi or --interface wsgi"
    else:
        hint = "name an ASGI or WSGI application, or a function without arguments that returns one"
    what = "returned" if from_factory else "is"
    return ImportFailedError(f"{target}: {what} {finding.seen}, not an application", hint=hint)
