"""What a supervisor tells about its process: ``<state>/runs/<service>/<process>.status``.

The supervisor is the only writer. Its own identity is there before the process is started, so that
nothing runs that can't be found again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from longshore.engines.identity import PROC, ProcessIdentity
from longshore.engines.interface import NEVER, Restarts, RunState, RunStatus
from longshore.engines.restart import Ending, RestartRule

_SESSION = 3  # field 6 of proc(5)'s stat, counted after the command's closing parenthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFiles:
    """The files of one process of a service in the folder of its records."""

    folder: Path
    process: str

    @property
    def pending(self) -> Path:
        """There until a supervisor takes the process on, or somebody calls the start off."""
        return self.folder / f"{self.process}.pending"

    @property
    def status(self) -> Path:
        """What the supervisor tells."""
        return self.folder / f"{self.process}.status"

    @property
    def keep(self) -> Path:
        """There while a process that ends is to be started again; says by which rule."""
        return self.folder / f"{self.process}.keep"

    @property
    def log(self) -> Path:
        """Both outputs of the process."""
        return self.folder / f"{self.process}.log"

    def remove(self) -> None:
        """Remove them all, with what a killed writer left."""
        own = (self.pending, self.keep, self.status, self.status.with_suffix(".fresh"), self.log)
        for path in own:
            path.unlink(missing_ok=True)

    def write_rule(self, rule: RestartRule, *, run_id: str) -> None:
        """Have a process started again by a rule from now on."""
        # Not atomic: a rule that can't be read is none, and who reads it does so much later.
        document = {"run_id": run_id, "rule": rule.to_json()}
        self.keep.write_text(json.dumps(document), encoding="utf-8")

    def rule(self, *, run_id: str) -> RestartRule | None:
        """Return by which rule a process is started again now; ``None`` where it is not."""
        try:
            document = json.loads(self.keep.read_bytes())
            return RestartRule.from_json(document["rule"]) if document["run_id"] == run_id else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A snapshot of one run.

    Args:
        run_id: which start of the process this is about.
        supervisor: who watches it.
        process: the sandbox's launcher: whoever ends it ends everything inside.
        exit_code: 0 to 255, once it has ended.
        error: why it could not be started.
        restarts: how often it was started again.
    """

    run_id: str
    supervisor: ProcessIdentity
    process: ProcessIdentity | None = None
    exit_code: int | None = None
    error: str = ""
    restarts: Restarts = NEVER

    @classmethod
    def read(cls, path: Path) -> "Status | None":
        """Read a snapshot; ``None`` where there is none, or it can't be understood."""
        try:
            document = json.loads(path.read_bytes())
            supervisor = ProcessIdentity.from_json(document["supervisor"])
            if supervisor is None:
                return None
            return cls(
                run_id=document["run_id"],
                supervisor=supervisor,
                process=ProcessIdentity.from_json(document["process"]),
                exit_code=document["exit_code"],
                error=document["error"],
                restarts=_restarts(document.get("restarts")),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the snapshot in place of the one before."""
        document = {
            "run_id": self.run_id,
            "supervisor": self.supervisor.to_json(),
            "process": None if self.process is None else self.process.to_json(),
            "exit_code": self.exit_code,
            "error": self.error,
            "restarts": asdict(self.restarts),
        }
        fresh = path.with_suffix(".fresh")  # one writer, so one name
        fresh.write_text(json.dumps(document, indent=2), encoding="utf-8")
        fresh.replace(path)

    def living(self) -> tuple[ProcessIdentity, ...]:
        """Return what still runs, the supervisor first."""
        process = self.process
        if process is None and not self.supervisor.is_alive:
            # Killed between starting the process and saying so: it is in the same session.
            return tuple(_session_of(self.supervisor))
        found = (self.supervisor, process)
        return tuple(each for each in found if each is not None and each.is_alive)

    def state(self) -> RunState:
        """Return how the run is; the end of a run whose supervisor was killed is not known."""
        return replace(self._state(), restarts=self.restarts)

    def _state(self) -> RunState:
        if self.exit_code is not None or self.error:
            return RunState(status=RunStatus.EXITED, exit_code=self.exit_code, error=self.error)
        if not self.living():
            return RunState(status=RunStatus.EXITED)
        if self.process is not None:
            return RunState(status=RunStatus.RUNNING)
        again = self.restarts.count > 0
        return RunState(status=RunStatus.RESTARTING if again else RunStatus.STARTING)

    def restarting(self, ending: Ending, *, pause: float) -> "Status":
        """Return the snapshot of the pause before another start."""
        count = self.restarts.count + 1
        restarts = Restarts(count=count, last=ending, pause=pause)
        return replace(self, process=None, restarts=restarts)

    def ended(self, exit_code: int | None, *, error: str = "") -> "Status":
        """Return the last snapshot."""
        return replace(self, exit_code=exit_code, error=error)


def read_state(path: Path, *, run_id: str) -> RunState:
    """Return how a run is, from the file of its supervisor."""
    status = Status.read(path)
    if status is None or status.run_id != run_id:
        return RunState(status=RunStatus.GONE)
    state = status.state()
    if state.status is RunStatus.EXITED and state.exit_code is None and not state.error:
        # The supervisor may have written the end and gone after the file was read: now that it is
        # gone, the file has its last word.
        last = Status.read(path)
        return state if last is None or last.run_id != run_id else last.state()
    return state


def read_restarts(path: Path, *, run_id: str) -> Restarts:
    """Return how often a run was started again, from the file of its supervisor."""
    status = Status.read(path)
    return status.restarts if status is not None and status.run_id == run_id else NEVER


def _restarts(document: Mapping[str, Any] | None) -> Restarts:
    if document is None:  # of an earlier version
        return NEVER
    last = document["last"]
    ending = None if last is None else Ending(**last)
    return Restarts(count=document["count"], last=ending, pause=document["pause"])


def _session_of(leader: ProcessIdentity) -> Iterator[ProcessIdentity]:
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        in_session = text.rpartition(")")[2].split()[_SESSION] == str(leader.pid)
        identity = ProcessIdentity.of(int(folder.name)) if in_session else None
        if identity is None or identity.boot != leader.boot:
            continue
        # A younger leader of that number is another session; its members are not ours.
        if identity.start >= leader.start and ProcessIdentity.of(leader.pid) is None:
            yield identity
