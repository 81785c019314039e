"""One hello for each framework; imported in environments that have only one of them."""

# mypy: disable-error-code="import-untyped, no-untyped-def"

# ruff: noqa: ANN001, ANN202, ARG001 -- each factory imports its own framework

from __future__ import annotations

from typing import Any


def fastapi() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def hello():
        return {"hello": "world"}

    return app


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(request):
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/hello", hello)])


def litestar() -> Any:
    from litestar import Litestar, get

    @get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    return Litestar([hello])


def flask() -> Any:
    from flask import Flask

    app = Flask("hello")
    app.add_url_rule("/hello", view_func=lambda: "hello")
    return app


def _django() -> None:
    import django
    from django.conf import settings

    settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
    django.setup()


def django_asgi() -> Any:
    _django()
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def django_wsgi() -> Any:
    _django()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def __getattr__(name: str) -> Any:
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.http import HttpResponse
    from django.urls import path

    return [path("hello", lambda _: HttpResponse("hello"))]
