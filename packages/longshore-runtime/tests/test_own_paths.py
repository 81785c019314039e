"""Health paths that an application answers itself are found, and catch-alls are not."""

from __future__ import annotations

from typing import Any

import fastapi
import flask
import litestar
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from longshore_runtime.own_paths import find_own_paths


async def answer(request: Any) -> Response:
    del request
    return Response()


def test_starlette_route() -> None:
    app = Starlette(routes=[Route("/health", answer), Route("/tasks", answer)])
    assert find_own_paths(app) == {"/health"}


def test_catch_all_is_no_answer_to_are_you_ready() -> None:
    app = Starlette(routes=[Route("/{path:path}", answer), Mount("/", Starlette())])
    assert find_own_paths(app) == frozenset()


def test_fastapi_included_router_with_its_prefix() -> None:
    router = fastapi.APIRouter()
    router.add_api_route("/readyz", lambda: None)
    app, moved = fastapi.FastAPI(), fastapi.FastAPI()
    app.include_router(router)
    moved.include_router(router, prefix="/api")
    assert find_own_paths(app) == {"/readyz"}
    assert find_own_paths(moved) == frozenset()


def test_litestar_route() -> None:
    @litestar.get("/healthz")
    async def healthz() -> str:
        return "mine"

    assert find_own_paths(litestar.Litestar([healthz])) == {"/healthz"}


def test_flask_rule() -> None:
    app = flask.Flask("x")
    app.add_url_rule("/livez", view_func=lambda: "mine")
    assert find_own_paths(app) == {"/livez"}


def test_what_cannot_be_looked_into_has_none() -> None:
    assert find_own_paths(lambda: None) == frozenset()
