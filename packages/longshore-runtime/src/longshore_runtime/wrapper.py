"""The outermost ASGI callable: health paths, the count of running requests, and the drain's part.

It is safe to have it twice (``longshore-serve`` around an application that calls ``wrap`` itself):
the outer one leaves a mark in the scope and the inner one steps aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from longshore_runtime.application import find_core
from longshore_runtime.exchange import SERVICE_RESTART, HTTPExchange, WebSocketExchange
from longshore_runtime.lifecycle import Phase
from longshore_runtime.own_paths import find_own_paths
from longshore_runtime.probes import PATHS, READY, UNAVAILABLE, answer_probe

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    from longshore_runtime.asgi import ASGIApp, Message, Receive, Scope, Send
    from longshore_runtime.lifecycle import Lifecycle

    Gate = Callable[[], Awaitable[Mapping[str, Any] | None]]
    """Returns the lifespan's state once the application has started, None when it never will."""

MARK: Final = "longshore.lifecycle"
"""The key in the scope that says: an outer wrapper is already at work."""


class Wrapped:
    """An ASGI application with health paths and a drain around it.

    Args:
        app: the application.
        lifecycle: the state to report and to follow.
        gate: awaited by requests that arrive while the application still starts; whoever gave it
            takes it away when the application has started.
    """

    def __init__(
        self,
        app: ASGIApp,
        lifecycle: Lifecycle,
        gate: Gate | None = None,
    ) -> None:
        self.app = app
        self.lifecycle = lifecycle
        self.gate = gate
        self.paths = PATHS
        self.own_paths: frozenset[str] = frozenset()
        self._keeper: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> object:
        """Look through to the application, so that ``app.state`` and ``@app.get`` keep working."""
        if name == "app":
            raise AttributeError(name)
        return getattr(self.app, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        kind = scope["type"]
        if MARK in scope:
            await self.app(scope, receive, send)
        elif kind == "http":
            await self._serve_http(scope, receive, send)
        elif kind == "websocket":
            await self._serve_websocket(scope, receive, send)
        elif kind == "lifespan":
            await self._serve_lifespan(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        lifecycle = self.lifecycle
        path = scope["path"]
        if self.gate is None and lifecycle.own[0] == Phase.STARTING:
            # A server that is not ours sends requests only when it considers us started.
            self._take_part()
        if path in self.paths and not self._is_own(path):
            await self._answer(scope, send)
            return
        if self.gate is not None and not await self._pass_gate(self.gate, scope):
            await self._refuse(send)
            return
        scope[MARK] = lifecycle
        exchange = HTTPExchange(lifecycle, scope, send)
        lifecycle.in_flight += 1
        try:
            await self.app(scope, receive, exchange.send)
        finally:
            lifecycle.in_flight -= 1
            lifecycle.served += 1
            if exchange.is_stream:
                lifecycle.streams.discard(exchange.tell)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        lifecycle = self.lifecycle
        if self.gate is not None and not await self._pass_gate(self.gate, scope):
            await receive()
            await send({"type": "websocket.close", "code": SERVICE_RESTART})
            return
        scope[MARK] = lifecycle
        exchange = WebSocketExchange(send)
        lifecycle.in_flight += 1
        lifecycle.streams.add(exchange.tell)
        try:
            await self.app(scope, receive, exchange.send)
        finally:
            lifecycle.in_flight -= 1
            lifecycle.served += 1
            lifecycle.streams.discard(exchange.tell)

    async def _serve_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow the application's start under a server that is not ours."""
        scope[MARK] = self.lifecycle

        async def watch(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._take_part()
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            if self._keeper is not None:
                self._keeper.cancel()
                self._keeper = None

    def _take_part(self) -> None:
        """Become ready under a server that is not ours; once."""
        self.own_paths = find_own_paths(find_core(self.app))
        if self.lifecycle.enter(Phase.READY):
            from longshore_runtime.foreign import take_part  # noqa: PLC0415 -- signals, budget

            self._keeper = take_part(self.lifecycle)

    async def _pass_gate(self, gate: Gate, scope: Scope) -> bool:
        """Wait for the application's start; False when it was stopped before."""
        state = await gate()
        if state is None:
            return False
        # It was not there yet when the server described the request.
        scope["state"] = dict(state)
        return True

    async def _refuse(self, send: Send) -> None:
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": UNAVAILABLE, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _is_own(self, path: str) -> bool:
        """Whether the application answers a health path; not readiness while it is not ready."""
        return path in self.own_paths and (path != READY or self.lifecycle.phase is Phase.READY)

    async def _answer(self, scope: Scope, send: Send) -> None:
        verbose = b"verbose" in scope.get("query_string", b"")
        answer = answer_probe(scope["path"], self.lifecycle, verbose=verbose)
        headers = answer.headers
        if self.lifecycle.is_draining and scope.get("http_version", "1.1")[:1] == "1":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope.get("method") == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})
