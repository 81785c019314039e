"""A lifespan that takes a while and leaves something in the state."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
    while not Path(app.state.go_file).exists():  # noqa: ASYNC110, ASYNC240 -- a test's switch
        await asyncio.sleep(0.01)
    yield {"greeting": "hello from the lifespan"}


async def greet(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.greeting)


def create() -> Starlette:
    import os

    app = Starlette(routes=[Route("/", greet)], lifespan=lifespan)
    app.state.go_file = os.environ["GO_FILE"]
    return app
