"""``longshore-serve drill``: stop a service under load and report what that cost.

The service runs as it would in production, in a process of its own on this machine. Clients go on
for a while after SIGTERM, as they do while a cluster spreads the news.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from longshore_runtime.drill_report import Report, describe, render
from longshore_runtime.load import Load, Shape, Target
from longshore_runtime.servers import NAMES
from longshore_runtime.testing import Served
from longshore_runtime.usage import Usage, read_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE: Final = 0.25
"""Seconds between two looks at memory and readiness."""

KUBERNETES_DELAY: Final = "5"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One drill.

    Attributes:
        words: the application, or the words of a command.
        server: what serves the application; see ``servers.NAMES``.
        port: where a command listens; 0 is where our own boot line says.
        warm_up: seconds of load before the signal.
        propagation: seconds that clients go on after it.
    """

    words: tuple[str, ...]
    server: str
    port: int
    path: str
    slow_path: str
    shape: Shape
    warm_up: float
    propagation: float


def main(argv: Sequence[str]) -> int:
    """Run a drill; 0 when nothing was lost and the service ended well, else 1."""
    plan, as_json = read_plan(argv)
    environ = {"LONGSHORE_DRAIN_DELAY": os.environ.get("LONGSHORE_DRAIN_DELAY", KUBERNETES_DELAY)}
    target = plan.words[0] if len(plan.words) == 1 and not plan.port else list(plan.words)
    flags = ("--server", plan.server) if isinstance(target, str) else ()
    with Served(target, flags=flags, env=environ) as service:
        report = asyncio.run(run_drill(service, plan))
    facts = describe(report)
    text = json.dumps(facts, indent=2) if as_json else render(facts)
    sys.stdout.write(text + "\n")
    is_good = report.lost == 0 and report.stopped is not None and report.stopped.code == 0
    return 0 if is_good else 1


def read_plan(argv: Sequence[str]) -> tuple[Plan, bool]:
    """Parse the command line; returns the plan and whether JSON is wanted."""
    parser = argparse.ArgumentParser(
        prog="longshore-serve drill",
        usage="%(prog)s [OPTIONS] pkg.module:app\n       %(prog)s [OPTIONS] --port PORT -- COMMAND",
        description="Stop a service under load and report what was lost.",
    )
    add = parser.add_argument
    add("words", nargs="+", metavar="pkg.module:app")
    add("--path", default="/", help="what clients ask for (default /)")
    add("--slow-path", default="", help="a path whose answer takes seconds, under way at SIGTERM")
    add("--server", choices=NAMES, default="auto", help="what serves it (default: uvicorn)")
    add("--port", type=int, default=0, help="where the command listens")
    add("--clients", type=int, default=16, help="clients that keep their connection (default 16)")
    add("--rate", type=float, default=100.0, help="new connections per second (default 100)")
    add("--seconds", type=float, default=3.0, help="load before SIGTERM (default 3)")
    add("--propagation", type=float, default=2.0, help="load after SIGTERM (default 2)")
    add("--json", action="store_true", help="print the report as JSON")
    flags = parser.parse_args(list(argv))
    plan = Plan(
        words=tuple(flags.words),
        server=flags.server,
        port=flags.port,
        path=flags.path,
        slow_path=flags.slow_path,
        shape=Shape(keep_alive=flags.clients, rate=flags.rate),
        warm_up=flags.seconds,
        propagation=flags.propagation,
    )
    return plan, flags.json


async def run_drill(service: Served, plan: Plan) -> Report:
    """Put a service that is starting under load, stop it, and report.

    Raises:
        LookupError: the service did not start.
    """
    boot = await asyncio.to_thread(service.wait_event, "boot")
    port = plan.port or boot["port"]
    await wait_listening(port)
    load = Load(Target(port=port, path=plan.path, slow_path=plan.slow_path), plan.shape)
    report = Report(load=load)
    before = read_usage(service.process.pid)
    load.start()
    await sample(service, report, plan.warm_up)
    _rate(report, before, read_usage(service.process.pid), plan.warm_up)
    load.start_slow()
    await asyncio.sleep(SAMPLE)
    service.send_signal()
    load.mark_signal()
    signalled = time.monotonic()
    watching = asyncio.create_task(watch_readiness(port, signalled, report))
    await sample(service, report, plan.propagation)
    await load.stop()
    watching.cancel()
    report.stopped = await asyncio.to_thread(service.wait, 120)
    report.exit_ms = (time.monotonic() - signalled) * 1000
    return report


async def wait_listening(port: int) -> None:
    """Wait until a port takes connections."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return


async def sample(service: Served, report: Report, seconds: float) -> None:
    """Watch memory for a time."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        usage = await asyncio.to_thread(read_usage, service.process.pid)
        report.peak_memory = max(report.peak_memory, usage.memory)
        await asyncio.sleep(min(SAMPLE, left))


async def watch_readiness(port: int, since: float, report: Report) -> None:
    """Ask ``/readyz`` until it is down."""
    load = Load(Target(port=port, path="/readyz"), Shape())
    while report.unready_ms is None:
        await load._send_once(load.fresh, "/readyz")  # noqa: SLF001 -- our own module's one request
        if load.fresh.lost:
            report.unready_ms = (time.monotonic() - since) * 1000
        await asyncio.sleep(0.01)


def _rate(report: Report, before: Usage, after: Usage, seconds: float) -> None:
    answered = sum(tally.answered for tally in report.tallies.values())
    report.cpu = max(after.cpu - before.cpu, 0.0)
    report.warm_up = seconds
    report.rate = answered / seconds if seconds else 0.0
    report.peak_memory = max(report.peak_memory, after.memory)
