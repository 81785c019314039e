"""The example in a folder of its own, and how the tests drive it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from longshore.engines.interface import Run, RunSpec
from longshore.engines.status import Status

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "task-api"
LONGSHORE = Path(sys.executable).with_name("longshore")
SERVICE = "taskapi-e2e"
"""Not the example's own name: somebody may be running that on the same machine."""

TOKEN = "e2e-token-of-nobody"
PATIENCE = 30.0
"""Seconds after which something that should happen by itself counts as not happening."""


def give_up(reason: str) -> None:
    """Skip, or fail where everything has to be there: in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def eventually(check: Callable[[], Any], *, what: str) -> Any:
    """Return the first true value of a check."""
    deadline = time.monotonic() + PATIENCE
    while not (value := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"still not: {what}")
        time.sleep(0.05)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


def copy_example(target: Path) -> Path:
    """Copy the example's tracked files, so that nothing of this checkout's own comes along."""
    listed = output_of(["git", "-C", str(EXAMPLE), "ls-files", "-z"])
    for name in filter(None, listed.split("\0")):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / name, copy)
    return target


def ask(port: int, method: str, path: str, document: object = None) -> Answer:
    """Send one request to a service here."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = None if document is None else json.dumps(document).encode()
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read())
    finally:
        connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The example in a folder of its own, with the folders of a user of its own."""

    project: Path
    environment: Mapping[str, str]
    engine: str = "auto"
    port: int = 0

    def run(self, *argv: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run our command line to its end."""
        return subprocess.run(
            [LONGSHORE, *argv],
            cwd=self.project,
            env=dict(self.environment),
            check=False,
            **{"capture_output": True, "text": True, "timeout": 240} | options,
        )

    def start(self, *argv: str) -> "subprocess.Popen[str]":
        """Start our command line."""
        return subprocess.Popen(
            [LONGSHORE, *argv],
            cwd=self.project,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def up_arguments(self) -> tuple[str, ...]:
        """What brings the service up with its required setting."""
        return (
            "up",
            "--engine",
            self.engine,
            "--port",
            str(self.port),
            "-e",
            f"TASKAPI_API_TOKEN={TOKEN}",
        )

    def up(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Bring the service up in the background; it must come up."""
        completed = self.run(*self.up_arguments, "--detach", *argv)
        assert completed.returncode == 0, completed.stderr
        return completed

    def states(self) -> dict[str, str]:
        """Return the state of each process."""
        listed = json.loads(self.run("ps", "--format", "json").stdout)
        return {entry["process"]: entry["state"] for entry in listed}

    def ask(self, method: str, path: str, document: object = None) -> Answer:
        """Send one request to the service."""
        return ask(self.port, method, path, document)

    def is_listening(self) -> bool:
        """Tell whether anything accepts connections at the port."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def record(self, process: str, kind: str = "json") -> Path:
        """Return the file about a process."""
        folder = Path(self.environment["LONGSHORE_STATE_DIR"]) / "runs" / SERVICE
        return folder / f"{process}.{kind}"

    def status(self, process: str) -> Status:
        """Return what the builtin engine's supervisor tells."""
        status = Status.read(self.record(process, "status"))
        assert status is not None
        return status

    def kill(self, process: str) -> None:
        """Kill a process behind our own back."""
        if self.engine == "podman":
            output_of(["podman", "kill", f"longshore-{SERVICE}-{process}"])
            return
        launcher = self.status(process).process
        assert launcher is not None
        assert launcher.send(signal.SIGKILL)

    def down(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Take the service down."""
        return self.run("down", *argv)

    def leftovers(self) -> list[str]:
        """Return the files about runs that are still there."""
        runs = Path(self.environment["LONGSHORE_STATE_DIR"]) / "runs"
        locks = (".lock", ".borrowers")
        return sorted(path.name for path in runs.rglob("*.*") if path.name not in locks)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def output_of(command: Sequence[str]) -> str:
    """Run a program of the machine and return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def command_lines() -> list[bytes]:
    """Return the command line of every process of this machine."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes())
    return lines


def listening_addresses(port: int) -> set[str]:
    """Return where something listens at a port, in the hexadecimal of /proc/net/tcp."""
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    local = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, number in local if int(number, 16) == port}


def run_of(spec: RunSpec, *, engine: str) -> Run:
    """Return what would be remembered of a start."""
    return Run(
        run_id=spec.run_id,
        service=spec.service,
        process=spec.process,
        engine=engine,
        image=spec.image.digest,
        root=ROOT,
        port=None,
        created=datetime.now(UTC),
        grace=5,
    )
