"""Streams and WebSockets that would outlast any budget."""

# ruff: noqa: ARG001 -- the arguments are those of the framework

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

seen: list[str] = []


async def events(request: Request) -> Response:
    async def produce() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"data: half"
                yield b" of one\n\n"
                await asyncio.sleep(0.05)
        finally:
            seen.append("events ended")

    return StreamingResponse(produce(), media_type="text/event-stream")


async def download(request: Request) -> Response:
    async def produce() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000
            await asyncio.sleep(0.05)

    return StreamingResponse(produce(), media_type="application/octet-stream")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect as gone:
        seen.append(f"socket {gone.code}")


async def pushing(websocket: WebSocket) -> None:
    """Send for ever and never receive."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text("tick")
            await asyncio.sleep(0.02)
    except (WebSocketDisconnect, OSError):
        seen.append("pushing ended")


app = Starlette(
    routes=[
        Route("/events", events),
        Route("/download", download),
        WebSocketRoute("/socket", socket),
        WebSocketRoute("/pushing", pushing),
    ]
)
