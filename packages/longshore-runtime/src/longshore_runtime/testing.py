"""Public test kit: run a service as a real process, watch its events, stop it, look at the exit.

```python
from longshore_runtime.testing import Served

def test_our_service_drains():
    with Served("taskapi.main:app") as service:
        assert service.get("/tasks").status == 200
        stopped = service.stop()
    assert stopped.code == 0
```
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

PATIENCE: Final = 30.0
"""Seconds that a test waits for something that should happen at once."""

Event = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response, read completely."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a process ended.

    Attributes:
        code: the exit code; negative is the signal that killed it.
        events: every JSON line of standard output.
        stderr: standard error, as text.
    """

    code: int
    events: tuple[Event, ...]
    stderr: str

    def event(self, name: str) -> Event:
        """Return the last event of a name, such as ``stop``."""
        found = [event for event in self.events if event.get("event") == name]
        if not found:
            msg = f"no event {name!r}: {self.events!r}\n{self.stderr}"
            raise LookupError(msg)
        return found[-1]


class Served:
    """``longshore-serve`` in a process of its own, on a port that the kernel chooses.

    Args:
        target: ``pkg.module:app``, or the words of a command for ``--``.
        flags: further options of ``longshore-serve``.
        env: variables on top of this process's own; None removes one.
        cwd: the working directory, where the application is imported from.
        python: the interpreter and its options.
    """

    def __init__(
        self,
        target: str | Sequence[str],
        *,
        flags: Sequence[str] = (),
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        python: Sequence[str] = (sys.executable,),
    ) -> None:
        words = [target] if isinstance(target, str) else ["--", *target]
        self.argv = [*python, "-m", "longshore_runtime", "--port", "0", *flags, *words]
        self.env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        for name, value in (env or {}).items():
            self.env.pop(name, None)
            if value is not None:
                self.env[name] = value
        self.cwd = cwd
        self.events: list[Event] = []
        self._arrivals: queue.Queue[Event | None] = queue.Queue()
        self._errors: list[str] = []

    def __enter__(self) -> Self:
        """Start the process; returns without waiting for it to be ready."""
        self.process = subprocess.Popen(
            self.argv,
            env=self.env,
            cwd=self.cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill what is left, workers and supervised commands included."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def wait_event(self, name: str, timeout: float = PATIENCE) -> Event:
        """Wait for an event's line; its seconds are counted from now.

        Raises:
            LookupError: the process ended, or the time is over, without it.
        """
        for event in list(self.events):
            if event.get("event") == name:
                return event
        while (arrived := self._next_event(timeout)) is not None:
            if arrived.get("event") == name:
                return arrived
        msg = f"no event {name!r}: {self.events!r}\n{''.join(self._errors)}"
        raise LookupError(msg)

    @property
    def port(self) -> int:
        """The service's port; waits until it is ready."""
        port: int = self.wait_event("boot")["port"]
        return port

    @property
    def management_port(self) -> int:
        """The management port; waits until the service is ready."""
        port: int = self.wait_event("boot")["management_port"]
        return port

    def get(self, path: str, *, port: int | None = None, timeout: float = PATIENCE) -> Reply:
        """GET a path on a new connection."""
        return self.request("GET", path, port=port, timeout=timeout)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
        timeout: float = PATIENCE,
    ) -> Reply:
        """Send one request on a new connection and read the response."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Reply(status=response.status, headers=fields, body=response.read())
        finally:
            connection.close()

    def wait_readiness(self, status: int, *, port: int | None = None) -> None:
        """Ask ``/readyz`` until it answers with a status, such as 503 after a signal."""
        while self.get("/readyz", port=port).status != status:
            pass

    def wait_in_flight(self, count: int) -> None:
        """Ask until the application works on a number of requests (one worker only)."""
        while self.get("/readyz?verbose").json().get("in_flight") != count:
            pass

    def send_signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = PATIENCE) -> Stopped:
        """Send a signal and wait for the end."""
        self.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = PATIENCE) -> Stopped:
        """Wait for the process to end (seconds)."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(PATIENCE)
        return Stopped(code=code, events=tuple(self.events), stderr="".join(self._errors))

    def _next_event(self, timeout: float) -> Event | None:
        try:
            return self._arrivals.get(timeout=timeout)
        except queue.Empty:
            return None

    def _read_events(self) -> None:
        for line in self.process.stdout or ():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                self.events.append(event)
                self._arrivals.put(event)
        self._arrivals.put(None)

    def _read_errors(self) -> None:
        for line in self.process.stderr or ():
            self._errors.append(line.decode("utf-8", "replace"))
