"""Ready-made readiness checks for what services usually depend on.

Each takes what the application has already (an engine, a pool, a client) and registers a check
under a name; further settings are those of ``Check``. None of these libraries is imported here.

A dependency that all replicas share takes all of them out of rotation at once when it fails: pass
``critical=False`` where the service can still answer something useful without it.
"""

from __future__ import annotations

import http.client
import inspect
from typing import Any, Final
from urllib.parse import urlsplit

from longshore_runtime.health import Check, registry

FIRST_ERROR: Final = 400


def sqlalchemy(engine: Any, *, name: str = "database", **settings: Any) -> None:
    """Check that an ``Engine`` or ``AsyncEngine`` of SQLAlchemy answers ``SELECT 1``."""

    def run_sync() -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    async def run_async() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")

    is_async = hasattr(engine, "sync_engine")
    registry.add(Check(name=name, run=run_async if is_async else run_sync, **settings))


def asyncpg(pool: Any, *, name: str = "database", **settings: Any) -> None:
    """Check that a pool or connection of asyncpg answers ``SELECT 1``."""

    async def run() -> None:
        await pool.fetchval("SELECT 1")

    registry.add(Check(name=name, run=run, **settings))


def redis(client: Any, *, name: str = "redis", **settings: Any) -> None:
    """Check that a client of redis-py, sync or async, answers ``PING``."""

    async def run_async() -> bool:
        return bool(await client.ping())

    def run_sync() -> bool:
        return bool(client.ping())

    is_async = inspect.iscoroutinefunction(getattr(client, "execute_command", None))
    registry.add(Check(name=name, run=run_async if is_async else run_sync, **settings))


def http_get(url: str, *, name: str = "", timeout: float = 2.0, **settings: Any) -> None:
    """Check that a URL answers with a status below 400.

    Raises:
        ValueError: it is not an http or https URL with a host.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"not an http or https URL: {parts.scheme!r}"
        raise ValueError(msg)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def run() -> bool:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < FIRST_ERROR
        finally:
            connection.close()

    registry.add(Check(name=name or parts.hostname, run=run, timeout=timeout, **settings))
