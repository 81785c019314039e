"""uvicorn inside this process, with its lifespan and its shutdown replaced by the runtime's.

What is used of uvicorn, and covered by contract tests over the supported range: ``Config`` and its
``load``, ``http_protocol_class`` and ``lifespan_class``; ``Server.startup(sockets=…)``,
``Server.on_tick(counter)`` for the date header, ``server_state.connections`` and ``.tasks``,
``servers``, and ``shutdown()`` of a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from longshore_runtime.head_guard import guard_head

if TYPE_CHECKING:
    import socket

    from longshore_runtime.asgi import ASGIApp

KEEP_ALIVE: Final = 75
"""Seconds; longer than the idle time-out of the usual proxies in front (ingress-nginx: 60)."""

SETTLE: Final = 0.1
"""Seconds in which a connection that was accepted last gets to send its request."""

POLL: Final = 0.02
CANCEL_WAIT: Final = 1.0


class Listener(uvicorn.Server):
    """A uvicorn server that starts listening at once and stops in steps that the caller takes.

    Args:
        app: the ASGI application, wrapped.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )

    @property
    def version(self) -> str:
        """The name and version of the server, such as ``uvicorn 0.54.0 (httptools)``."""
        protocol = self._protocol_module.rpartition(".")[2]
        return f"uvicorn {uvicorn.__version__} ({protocol.removesuffix('_impl')})"

    async def open(self, listeners: list[socket.socket], state: dict[str, Any]) -> None:
        """Accept connections on sockets that are bound already.

        Args:
            listeners: the sockets; this object closes them.
            state: the lifespan's state; requests get a copy of what it holds by then.
        """
        if not self.config.loaded:
            self.config.load()
        self._protocol_module = str(self.config.http_protocol_class.__module__)
        self.config.http_protocol_class = guard_head(self.config.http_protocol_class)
        self.lifespan = self.config.lifespan_class(self.config)
        self.lifespan.state = state
        self._listeners = listeners
        await self.startup(sockets=listeners)
        await self.on_tick(0)

    async def tick(self) -> None:
        """Renew the date header; to be called once a second."""
        await self.on_tick(0)

    async def stop_accepting(self) -> None:
        """Close the listeners without dropping a connection that the kernel has accepted for us."""
        spare = [listener.dup() for listener in self._listeners]
        for server in self.servers:
            server.close()
        for listener in self._listeners:
            listener.close()
        loop = asyncio.get_running_loop()
        for listener in spare:
            listener.setblocking(False)  # noqa: FBT003 -- the standard library's signature
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.setblocking(False)  # noqa: FBT003 -- as above
                    await loop.connect_accepted_socket(self._make_protocol, connection)
            listener.close()
        if self.server_state.connections:
            await asyncio.sleep(SETTLE)

    def close_idle(self) -> None:
        """Close idle connections, and let busy ones close after their response."""
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def finish_requests(self) -> None:
        """Wait until every response is sent; the caller bounds the time."""
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 -- uvicorn keeps sets, not events
            await asyncio.sleep(POLL)

    async def cut_off(self) -> int:
        """Cancel what still runs; returns how many requests were cut off."""
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_WAIT)
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        return len(tasks)

    def _make_protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return protocol
