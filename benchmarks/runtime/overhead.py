"""What the runtime costs: µs a request, import time, memory. Ratios of one run on one machine.

The µs are CPU time in this process for an application that is called directly, with and without the
wrapper around it, interleaved; the least of many rounds. ``python benchmarks/runtime/overhead.py``.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longshore_runtime.drill import wait_listening
from longshore_runtime.lifecycle import Lifecycle, Phase
from longshore_runtime.load import Load, Shape, Target
from longshore_runtime.proxy import ProxyTrust, Trust
from longshore_runtime.testing import Served
from longshore_runtime.usage import read_usage
from longshore_runtime.wrapper import Wrapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HERE = Path(__file__).parent
ROUNDS = 30
CALLS = 2000
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer at once."""
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"ok"})


async def receive() -> dict[str, Any]:
    """Give an empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Any) -> None:
    """Take a message."""
    del message


def scope() -> dict[str, Any]:
    """Return a request as uvicorn describes it."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/tasks",
        "query_string": b"",
        "client": ("203.0.113.7", 1234),
        "headers": [(b"host", b"a"), (b"accept", b"*/*"), (b"user-agent", b"load")],
    }


async def measure(app: Callable[..., Awaitable[None]]) -> float:
    """Return µs of CPU a call."""
    scopes = [scope() for _ in range(CALLS)]
    began = time.process_time()
    for each in scopes:
        await app(each, receive, send)
    return (time.process_time() - began) / CALLS * 1e6


async def measure_overhead() -> dict[str, float]:
    """Return µs a call of the bare application and of what is added."""
    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    wrapped = Wrapped(bare, lifecycle)
    behind_proxy = Wrapped(ProxyTrust(bare, Trust.parse("loopback")), lifecycle)
    best = {"bare": 1e9, "lifecycle and health": 1e9, "and proxy trust": 1e9}
    for _ in range(ROUNDS):
        apps: tuple[Callable[..., Awaitable[None]], ...] = (bare, wrapped, behind_proxy)
        for name, app in zip(best, apps, strict=True):
            best[name] = min(best[name], await measure(app))
    base = best.pop("bare")
    return {"bare": base} | {name: value - base for name, value in best.items()}


async def load_for(port: int, seconds: float) -> int:
    """Put load on a port; returns the number of answers."""
    await wait_listening(port)
    load = Load(Target(port=port, path="/"), Shape(keep_alive=8, rate=0, slow=0))
    load.start()
    await asyncio.sleep(seconds)
    await load.stop()
    return load.keep_alive.answered


def wire_cpu(words: list[str]) -> float:
    """Return µs of the server's CPU a request, over real connections."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [word.format(port=port) for word in words]
    with subprocess.Popen(words, cwd=HERE, stdout=subprocess.DEVNULL) as process:
        try:
            asyncio.run(load_for(port, 1.0))
            before = read_usage(process.pid).cpu
            answered = asyncio.run(load_for(port, 5.0))
            return (read_usage(process.pid).cpu - before) / answered * 1e6
        finally:
            process.kill()


def measure_wire() -> dict[str, float]:
    """Return µs of CPU a request of a FastAPI service under bare uvicorn and under the runtime."""
    bare_words = [sys.executable, "-m", "uvicorn", "--port", "{port}", "--no-access-log"]
    ours = [sys.executable, "-m", "longshore_runtime", "--port", "{port}", "fastapi_app:app"]
    best = {"bare uvicorn": 1e9, "longshore-serve": 1e9}
    for _ in range(3):
        words = ([*bare_words, "--log-level", "error", "fastapi_app:app"], ours)
        for name, each in zip(best, words, strict=True):
            best[name] = min(best[name], wire_cpu(each))
    ratio = best["bare uvicorn"] / best["longshore-serve"]
    return {name: round(value, 1) for name, value in best.items()} | {"ratio": round(ratio, 2)}


def import_time(statement: str) -> float:
    """Return milliseconds that a statement adds to the start of an interpreter; least of 15."""

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", code], check=True)
        return (time.perf_counter() - began) * 1000

    base, full = 1e9, 1e9
    for _ in range(15):
        base, full = min(base, run("pass")), min(full, run(statement))
    return full - base


def supervisor_memory() -> float:
    """Return MiB of resident memory of the supervisor of a command."""
    with Served(["sleep", "60"], flags=("--management-port", "0")) as service:
        service.get("/readyz", port=service.management_port)
        status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def service_memory(*flags: str, preload: str = "1") -> float:
    """Return MiB (shared pages divided) of a service with all its processes."""
    with Served(
        "fastapi_app:app", flags=flags, cwd=HERE, env={"LONGSHORE_PRELOAD": preload}
    ) as service:
        service.get("/")
        return read_usage(service.process.pid).memory / 2**20


def main() -> None:
    """Print the figures as JSON."""
    core = "import longshore_runtime.wrapping, longshore_runtime.service, longshore_runtime.serve"
    figures = {
        "us_per_request": {k: round(v, 2) for k, v in asyncio.run(measure_overhead()).items()},
        "wire_cpu_us_per_request": measure_wire(),
        "import_ms": {
            "longshore_runtime": round(import_time("import longshore_runtime"), 1),
            "asyncio alone": round(import_time("import asyncio"), 1),
            "core (wrap)": round(import_time("from longshore_runtime import wrap"), 1),
            "core (serve)": round(import_time(core), 1),
        },
        "supervisor_rss_mib": round(supervisor_memory(), 1),
        "fastapi_pss_mib": {
            "1 worker": round(service_memory()),
            "4 workers, preload": round(service_memory("--workers", "4")),
            "4 workers, no preload": round(service_memory("--workers", "4", preload="0")),
        },
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
