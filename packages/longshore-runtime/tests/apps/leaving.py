"""Leaves things to do for the end: a handler, an idle executor, a thread, an object."""

from __future__ import annotations

import atexit
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from plain import app as plain

pool = ThreadPoolExecutor(max_workers=1)
pool.submit(int).result()
stopping = threading.Event()


def tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def work() -> None:
    stopping.wait()
    tell("thread finished")


class Kept:
    def __del__(self) -> None:
        tell("object taken apart")


kept = Kept()
threading.Thread(target=work).start()
atexit.register(tell, "handler called")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        stopping.set()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await plain(scope, receive, send)
