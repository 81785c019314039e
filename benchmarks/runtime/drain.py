"""The drain table: requests lost when a server stops under load, bare and with Longshore.

16 clients with kept connections, 100 new connections a second and one 3 s request in flight; load
goes on for 2 s after SIGTERM, as it does while a cluster removes an endpoint. The delay is 2.5 s.
Loopback only. ``python benchmarks/runtime/drain.py [--only NAME] [--json]``; about three minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from longshore_runtime.drill import wait_listening
from longshore_runtime.load import Load, Shape, Target

HERE = Path(__file__).parent
PROPAGATION = 2.0
DELAY = 2.5
PY = sys.executable
OURS = (PY, "-m", "longshore_runtime")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One server; ``{port}`` in its words is replaced."""

    name: str
    words: tuple[str, ...]


def supervised(*words: str) -> tuple[str, ...]:
    """Return the words of a command behind the supervisor."""
    return (*OURS, "--", *words)


def served(server: str, interface: str, *flags: str) -> tuple[str, ...]:
    """Return the words that have the runtime start another server."""
    words = ("--server", server, "--interface", interface, "--port", "{port}", *flags)
    return (*OURS, *words, f"{interface}_app:app")


UVICORN = (PY, "-m", "uvicorn", "--port", "{port}", "--log-level", "error")
GUNICORN = (PY, "-m", "gunicorn", "-b", "127.0.0.1:{port}", "--no-control-socket")
ASGI_WORKERS = ("-k", "asgi", "-w", "2")
THREADS = ("-k", "gthread", "--threads", "24", "--keep-alive", "75")
GRANIAN = (PY, "-m", "granian", "--port", "{port}", "--no-access-log", "--log-level", "error")
HYPERCORN = (PY, "-m", "hypercorn", "-b", "127.0.0.1:{port}", "--log-level", "error")
WAITRESS = (PY, "-m", "waitress", "--listen=127.0.0.1:{port}", "--threads=24")

CASES = (
    Case(name="bare uvicorn, 1 worker", words=(*UVICORN, "asgi_app:app")),
    Case(name="bare uvicorn, 2 workers", words=(*UVICORN, "--workers", "2", "asgi_app:app")),
    Case(name="bare gunicorn asgi, 2 workers", words=(*GUNICORN, *ASGI_WORKERS, "asgi_app:app")),
    Case(name="bare gunicorn gthread (WSGI)", words=(*GUNICORN, *THREADS, "wsgi_app:app")),
    Case(name="bare granian", words=(*GRANIAN, "--interface", "asgi", "asgi_app:app")),
    Case(name="bare hypercorn", words=(*HYPERCORN, "asgi_app:app")),
    Case(name="bare waitress (WSGI)", words=(*WAITRESS, "wsgi_app:app")),
    Case(name="longshore-serve, 1 worker", words=(*OURS, "--port", "{port}", "asgi_app:app")),
    Case(
        name="longshore-serve, 2 workers",
        words=(*OURS, "--port", "{port}", "--workers", "2", "asgi_app:app"),
    ),
    Case(name="longshore-serve, WSGI", words=(*OURS, "--port", "{port}", "wsgi_app:app")),
    Case(
        name="longshore-serve -- uvicorn, 2 workers",
        words=supervised(*UVICORN, "--workers", "2", "asgi_wrapped:app"),
    ),
    Case(
        name="longshore-serve --server gunicorn (ASGI), 2 workers",
        words=served("gunicorn", "asgi", "--workers", "2"),
    ),
    Case(name="longshore-serve --server gunicorn (WSGI)", words=served("gunicorn", "wsgi")),
    Case(name="longshore-serve --server granian", words=served("granian", "asgi")),
    Case(name="longshore-serve --server granian (WSGI)", words=served("granian", "wsgi")),
    Case(name="longshore-serve --server hypercorn", words=served("hypercorn", "asgi")),
    Case(name="longshore-serve --server waitress (WSGI)", words=served("waitress", "wsgi")),
    Case(name="longshore-serve --server daphne", words=served("daphne", "asgi")),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    sent: int
    lost_new: int
    lost_kept: int
    lost_slow: int
    after_signal: int
    reasons: dict[str, int]
    code: int

    @property
    def lost(self) -> int:
        """All requests without a whole answer."""
        return self.lost_new + self.lost_kept + self.lost_slow


def free_port() -> int:
    """Return a port that is free right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def run_case(case: Case, seconds: float) -> Row:
    """Run one server through one stop."""
    port = free_port()
    words = [word.format(port=port) for word in case.words]
    environ = {
        **os.environ,
        "LONGSHORE_DRAIN_DELAY": str(DELAY),
        "LONGSHORE_THREADS": "24",
        "PYTHONPATH": str(HERE),
    }
    process = subprocess.Popen(  # noqa: ASYNC220 -- nothing else runs yet
        words,
        cwd=HERE,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await asyncio.wait_for(wait_listening(port), 20)
        load = Load(Target(port=port, slow_path="/slow"), Shape())
        load.start()
        await asyncio.sleep(seconds)
        load.start_slow()
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        load.mark_signal()
        await asyncio.sleep(PROPAGATION)
        await load.stop()
        code = await asyncio.to_thread(process.wait, 40)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    tallies = (load.fresh, load.keep_alive, load.slow)
    reasons: dict[str, int] = {}
    for tally in tallies:
        for reason, count in tally.lost.items():
            reasons[reason] = reasons.get(reason, 0) + count
    return Row(
        name=case.name,
        sent=sum(tally.sent for tally in tallies),
        lost_new=load.fresh.lost.total(),
        lost_kept=load.keep_alive.lost.total(),
        lost_slow=load.slow.lost.total(),
        after_signal=sum(tally.after_signal for tally in tallies),
        reasons=reasons,
        code=code,
    )


def main() -> int:
    """Print the table; 1 when a row with Longshore has lost a request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--seconds", type=float, default=3.0, help="load before the signal")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    rows = []
    began = time.monotonic()
    for case in CASES:
        if flags.only in case.name:
            row = asyncio.run(run_case(case, flags.seconds))
            rows.append(row)
            sys.stderr.write(f"{row.name}: {row.lost} of {row.sent} lost\n")
    if flags.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    else:
        print("| server | requests | lost: new | kept | 3 s | answered after SIGTERM | exit |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for row in rows:
            print(
                f"| {row.name} | {row.sent} | {row.lost_new} | {row.lost_kept} | {row.lost_slow} "
                f"| {row.after_signal} | {row.code} |"
            )
        total = sum(row.sent for row in rows)
        print(f"\n{total} requests in {time.monotonic() - began:.0f} s.")
    return int(any(row.lost for row in rows if row.name.startswith("longshore")))


if __name__ == "__main__":
    sys.exit(main())
