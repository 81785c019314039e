"""An engine in memory: what orchestrates engines can be tested with it, at every step."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from longshore.engines.interface import (
    EngineError,
    LoadedImage,
    LogStream,
    Restarts,
    Run,
    RunSpec,
    RunState,
    RunStatus,
)
from longshore.engines.restart import RestartRule
from longshore.errors import DeployError
from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout


class Killed(BaseException):
    """What a killed program does: nothing more, not even its clean-up."""


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class _Lines(list[bytes]):
    def close(self) -> None:
        pass


class MemoryEngine:
    """An engine whose processes are entries of a dictionary; web ones listen for real.

    ``behaviour`` says per process what happens: ``run`` (the default), ``exit N``, ``fail`` (it
    can't be started) or ``refuse`` (the engine is out of order). ``fail_at`` counts down with each
    operation; before the one that finds it at 0, the program is ``Killed``. While it is
    ``out_of_order``, states and stops fail.
    """

    limits_memory = True
    shares_network = True
    images = None

    def __init__(self, name: str = "memory", *, reason: str | None = None) -> None:
        self.name = name
        self.reason = reason
        self.behaviour: dict[str, str] = {}
        self.calls: list[str] = []
        self.specs: list[RunSpec] = []
        self.fail_at: int | None = None
        self.out_of_order = False
        self.tidied = 0
        self.rules: dict[str, RestartRule] = {}
        self._servers: dict[str, ThreadingHTTPServer] = {}
        self._states: dict[str, tuple[str, RunState]] = {}

    def available(self) -> str | None:
        """Return ``reason``."""
        return self.reason

    def load(self, layout: ImageLayout, descriptor: Descriptor, *, service: str) -> LoadedImage:
        """Load nothing."""
        del layout, service
        self._step("load")
        return LoadedImage(digest=descriptor.digest, config=ImageConfig(), location="here")

    def start(self, spec: RunSpec) -> None:
        """Do what ``behaviour`` says."""
        self._step(f"start {spec.process}")
        self.specs.append(spec)
        behaviour = self.behaviour.get(spec.process, "run")
        if behaviour == "refuse":
            msg = "the engine is out of order"
            raise EngineError(msg)
        if behaviour == "fail":
            msg = "no such program"
            raise DeployError(msg)
        word, _, code = behaviour.partition(" ")
        state = RunState(status=RunStatus.RUNNING)
        if word == "exit":
            state = RunState(status=RunStatus.EXITED, exit_code=int(code))
        elif spec.port is not None:
            server = ThreadingHTTPServer(("127.0.0.1", spec.port.host), _Ready)
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            self._servers[spec.process] = server
        self._states[spec.process] = (spec.run_id, state)

    def keep(self, run: Run, rule: RestartRule) -> None:
        """Remember the rule."""
        self.rules[run.process] = rule

    def restarts(self, run: Run) -> Restarts:
        """Return how the entry is in that respect."""
        return self._states.get(run.process, ("", RunState(status=RunStatus.GONE)))[1].restarts

    def run(self, spec: RunSpec) -> int:
        """Return 5."""
        self.specs.append(spec)
        if self.behaviour.get("run") == "refuse":
            msg = "the engine is out of order"
            raise EngineError(msg)
        return 5

    def state(self, run: Run) -> RunState:
        """Return how the entry is."""
        self._check()
        run_id, state = self._states.get(run.process, ("", RunState(status=RunStatus.GONE)))
        return state if run_id == run.run_id else RunState(status=RunStatus.GONE)

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        """Return thirty lines."""
        del follow
        lines = [f"{run.process} line {number}".encode() for number in range(30)]
        return _Lines(lines[-tail:] if tail else lines)

    def stop(self, run: Run, *, grace: float) -> None:
        """End a process with exit code 0."""
        self._check()
        self._step(f"stop {run.process} {grace:g}")
        self._end(run.process)
        self._states[run.process] = (run.run_id, RunState(status=RunStatus.EXITED, exit_code=0))

    def remove(self, run: Run) -> None:
        """Forget a process."""
        self._step(f"remove {run.process}")
        self._end(run.process)
        self._states.pop(run.process, None)

    def volume_path(self, service: str, volume: str) -> Path | None:
        """Return a folder for what any start had."""
        had = {each.name for spec in self.specs for each in spec.volumes}
        return Path("/volumes", service, volume) if volume in had else None

    def tidy(self) -> None:
        """Count the call."""
        self.tidied += 1

    def remove_volumes(self, service: str) -> tuple[str, ...]:
        """Say that there was one: ``data``."""
        self.calls.append(f"remove_volumes {service}")
        return ("data",)

    def running(self) -> list[str]:
        """Return the names of what runs."""
        states = self._states.items()
        return [name for name, (_, state) in states if state.status is RunStatus.RUNNING]

    def close(self) -> None:
        """Free the ports."""
        for name in list(self._servers):
            self._end(name)

    def _end(self, process: str) -> None:
        server = self._servers.pop(process, None)
        if server is not None:
            server.shutdown()
            server.server_close()

    def _check(self) -> None:
        if self.out_of_order:
            msg = "the engine is out of order"
            raise EngineError(msg)

    def _step(self, call: str) -> None:
        if self.fail_at is not None:
            if self.fail_at == 0:
                self.fail_at = None
                raise Killed(call)
            self.fail_at -= 1
        self.calls.append(call)
