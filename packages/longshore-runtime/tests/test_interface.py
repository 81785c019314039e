"""ASGI, WSGI and factories are told apart without calling them, and without surprises."""

# ruff: noqa: ARG001 -- the arguments are those of the protocols

from __future__ import annotations

import functools
from typing import Any

import django  # type: ignore[import-untyped]
import flask
import litestar
import pytest
import starlette.applications
from django.conf import settings  # type: ignore[import-untyped]

from longshore_runtime.application import find_core, make_application
from longshore_runtime.errors import ImportFailedError
from longshore_runtime.interface import Shape, detect_shape


async def asgi(scope: Any, receive: Any, send: Any) -> None: ...
def wsgi(environ: Any, start_response: Any) -> Any: ...
def wsgi_with_more(environ: Any, start_response: Any, verbose: bool = False) -> Any: ...
def factory() -> Any:
    return asgi


def factory_with_defaults(debug: bool = False) -> Any:
    return wsgi


def factory_with_arguments(settings: Any) -> Any: ...
async def async_factory() -> Any: ...
def factory_of_two(settings: Any, database: Any) -> Any: ...
def factory_of_three(settings: Any, database: Any, cache: Any) -> Any: ...
def sync_asgi(scope: Any, receive: Any, send: Any) -> Any: ...
def anything(*args: Any, **kwargs: Any) -> Any: ...
async def async_anything(*args: Any) -> Any: ...


class Callable3:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Callable2:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


def django_application(kind: str) -> Any:
    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
        django.setup()
    from django.core.asgi import get_asgi_application  # type: ignore[import-untyped]
    from django.core.wsgi import get_wsgi_application  # type: ignore[import-untyped]

    return get_asgi_application() if kind == "asgi" else get_wsgi_application()


urlpatterns: list[Any] = []


@pytest.mark.parametrize(
    ("found", "shape"),
    [
        (asgi, Shape.ASGI),
        (Callable3(), Shape.ASGI),
        (Callable3().__call__, Shape.ASGI),
        (functools.partial(asgi), Shape.ASGI),
        (async_anything, Shape.ASGI),
        (starlette.applications.Starlette(), Shape.ASGI),
        (litestar.Litestar(), Shape.ASGI),
        (django_application("asgi"), Shape.ASGI),
        (wsgi, Shape.WSGI),
        (wsgi_with_more, Shape.WSGI),
        (Callable2(), Shape.WSGI),
        (flask.Flask("x"), Shape.WSGI),
        (flask.Flask("x").wsgi_app, Shape.WSGI),
        (django_application("wsgi"), Shape.WSGI),
        (factory, Shape.FACTORY),
        (factory_with_defaults, Shape.FACTORY),
        (Callable3, Shape.CLASS),
        (5, Shape.NOT_CALLABLE),
        (factory_with_arguments, Shape.UNKNOWN),
        (factory_of_two, Shape.UNKNOWN),
        (factory_of_three, Shape.UNKNOWN),
        (sync_asgi, Shape.ASGI),
        (async_factory, Shape.UNKNOWN),
        (anything, Shape.UNKNOWN),
    ],
)
def test_shape_follows_the_signature(found: Any, shape: Shape) -> None:
    assert detect_shape(found).shape is shape


def make(found: Any, **options: Any) -> Any:
    return make_application(
        "m:x", found, **{"interface": "auto", "factory": False, "threads": 2, **options}
    )


def test_factory_is_called_once_and_its_result_is_served() -> None:
    calls = []

    def create() -> Any:
        calls.append(1)
        return asgi

    assert make(create).asgi is asgi
    assert calls == [1]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (factory_with_arguments, "a factory takes no arguments"),
        (Callable3, "name an instance"),
        (anything, "--interface"),
        (5, "ASGI or WSGI"),
        (lambda: 5, "returned an object of type 'int'"),
        (async_factory, "async callable"),
    ],
)
def test_what_is_no_application_is_refused_with_a_reason(found: Any, said: str) -> None:
    with pytest.raises(ImportFailedError) as caught:
        make(found)
    assert said in caught.value.message + caught.value.hint


def test_factory_flag_with_an_application_is_refused() -> None:
    with pytest.raises(ImportFailedError):
        make(asgi, factory=True)


def test_interface_flag_decides_what_cannot_be_seen() -> None:
    assert make(anything, interface="wsgi").interface == "wsgi"
    assert make(anything, interface="asgi").interface == "asgi"


def test_framework_is_found_under_middleware() -> None:
    class Middleware:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    core = starlette.applications.Starlette()
    wrapped = Middleware(Middleware(core))
    assert find_core(wrapped) is core
    application = make(wrapped)
    assert (application.framework, application.has_lifespan) == ("starlette", True)


def test_subclass_of_a_framework_counts_as_the_framework() -> None:
    class Ours(starlette.applications.Starlette): ...

    assert make(Ours()).framework == "starlette"
