"""The application that is served: what was named, made into one ASGI callable."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from longshore_runtime.interface import Shape, detect_shape, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from longshore_runtime.asgi import ASGIApp, WSGIApp
    from longshore_runtime.options import Interface

WITH_LIFESPAN: Final = frozenset({"starlette", "fastapi", "litestar", "quart"})
"""Frameworks whose applications always take part in the lifespan protocol."""

INNER: Final = ("app", "asgi_handler")
"""Where middleware keeps what it wraps."""

DEPTH: Final = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application, ready to be served.

    Attributes:
        asgi: what the server calls.
        interface: what the application itself speaks.
        framework: the top-level package of its class, such as ``fastapi``; empty for a function.
        core: the framework's own object, under any middleware.
        has_lifespan: a start-up that fails is fatal, whatever it looks like.
    """

    asgi: ASGIApp
    interface: Literal["asgi", "wsgi"]
    framework: str
    core: object
    has_lifespan: bool


def make_application(
    target: str, found: object, *, interface: Interface, factory: bool, threads: int
) -> Application:
    """Turn what a target names into an application; a factory is called, once.

    Args:
        target: how the object was named, for messages.
        found: the object.
        interface: what the user says it speaks; ``auto`` looks at the signature.
        factory: the user says that it is a factory.
        threads: the size of a WSGI application's thread pool.

    Raises:
        ImportFailedError: it is no application.
    """
    found, shape = resolve(target, found, interface=interface, factory=factory)
    core = find_core(found)
    framework = framework_of(core)
    if shape is Shape.WSGI:
        from longshore_runtime.wsgi import WSGIBridge  # noqa: PLC0415 -- WSGI only

        return Application(
            asgi=WSGIBridge(cast("WSGIApp", found), threads=threads),
            interface="wsgi",
            framework=framework,
            core=core,
            has_lifespan=False,
        )
    return Application(
        asgi=cast("ASGIApp", found),
        interface="asgi",
        framework=framework,
        core=core,
        has_lifespan=framework in WITH_LIFESPAN,
    )


def resolve(
    target: str, found: object, *, interface: Interface, factory: bool
) -> tuple[object, Literal[Shape.ASGI, Shape.WSGI]]:
    """Return the application itself and what it speaks; a factory is called, once.

    Raises:
        ImportFailedError: it is no application.
    """
    finding = detect_shape(found)
    made = factory or finding.shape is Shape.FACTORY
    if made:
        if finding.shape is not Shape.FACTORY:
            raise refuse(target, finding)
        found = cast("Callable[[], object]", found)()
        finding = detect_shape(found)
    shape = finding.shape
    if shape not in {Shape.NOT_CALLABLE, Shape.CLASS} and interface != "auto":
        shape = Shape(interface)
    if shape is Shape.ASGI or shape is Shape.WSGI:
        return found, shape
    raise refuse(target, finding, from_factory=made)


def find_core(found: object) -> object:
    """Return the framework's object under middleware that keeps what it wraps in ``app``."""
    for _ in range(DEPTH):
        if framework_of(found) in WITH_LIFESPAN and hasattr(found, "routes"):
            return found
        inner: Any = None
        for name in INNER:
            inner = getattr(found, "__dict__", {}).get(name)
            if inner is not None:
                break
        if inner is None or not callable(inner):
            return found
        found = inner
    return found


def framework_of(found: object) -> str:
    """Return the top-level package of the class, looking through subclasses of the project."""
    for base in type(found).__mro__:
        package = base.__module__.partition(".")[0]
        if package in WITH_LIFESPAN or package in {
            "flask",
            "django",
            "falcon",
            "bottle",
            "pyramid",
        }:
            return package
    package = type(found).__module__.partition(".")[0]
    return "" if package == "builtins" else package
