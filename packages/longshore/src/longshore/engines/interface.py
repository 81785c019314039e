"""What runs images on this machine: one implementation per mechanism."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from longshore.engines.restart import Ending, RestartRule
from longshore.errors import PreflightError

if TYPE_CHECKING:  # each supervisor imports this module, and half of its start would be these
    from longshore.oci.config import ImageConfig
    from longshore.oci.descriptor import Descriptor
    from longshore.oci.layout import ImageLayout
    from longshore.types import Digest, Secret

SIGNAL_BASE = 128
"""A process that a signal ended has 128 plus the signal's number as exit code, as in a shell."""


class EngineError(PreflightError):
    """An engine can't do its work on this machine; another one might."""


class SilentRegistryError(EngineError):
    """A registry does not answer; it would not for another image either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedImage:
    """An image that an engine can start.

    Args:
        digest: of the manifest for this machine's platform.
        config: how its containers start.
        location: where the engine has it: an image id, or a folder.
    """

    digest: "Digest"
    config: "ImageConfig"
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Storage that outlives the processes of a service.

    Args:
        name: of the volume; unique within its service.
        target: the absolute, writable folder inside.
    """

    name: str
    target: PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """``host`` on 127.0.0.1 leads to ``container`` inside."""

    host: int
    container: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One process to start.

    Args:
        run_id: names this start; another start of the same process has another one.
        service: the service, which is the project's name.
        process: the process type.
        image: what to run.
        entrypoint: replaces the image's ``Entrypoint``; ``None`` keeps it.
        args: replaces the image's ``Cmd``; ``None`` keeps it.
        env: on top of the image's own; every value is masked, as any of them may be a secret.
        port: where it listens, for a web process.
        volumes: its writable folders; everything else but ``/tmp`` is read-only.
        networked: whether it is on a network of the service's own, where each process is reached
            by its name; nothing to engines that share the host's.
        foreign: whether the image was made elsewhere: it keeps its own user and may write to its
            files, as it expects.
        memory_bytes: its limit, enforced where the engine can (``Engine.limits_memory``).
    """

    run_id: str
    service: str
    process: str
    image: LoadedImage
    entrypoint: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: "Mapping[str, Secret]" = field(default_factory=lambda: MappingProxyType({}), hash=False)
    port: Port | None = None
    volumes: tuple[Volume, ...] = ()
    networked: bool = False
    foreign: bool = False
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What is remembered of a database or a cache that the processes use.

    Args:
        key: a digest of everything that decides how it runs.
        address: where this machine reaches it, without a password.
        borrowed: whether it was started for one command of ``run``, and ends with it.
    """

    key: str
    address: str
    borrowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process that was started, as it is remembered: no setting's value is part of it.

    Args:
        run_id: names this start.
        service: the service.
        process: the process type.
        engine: the name of the engine that has it.
        image: the digest of its manifest.
        root: the project's folder.
        port: on 127.0.0.1, for a web process.
        created: when it was started, UTC, whole seconds.
        grace: seconds that it may take to stop.
        backing: for a database or a cache that the processes use; the process type is its name.
        volumes: its writable folders.
    """

    run_id: str
    service: str
    process: str
    engine: str
    image: "Digest"
    root: Path
    port: int | None
    created: datetime
    grace: float
    backing: Backing | None = None
    volumes: tuple[Volume, ...] = ()

    @property
    def url(self) -> str | None:
        """Where a web process answers, or a database or a cache."""
        if self.backing is not None:
            return self.backing.address
        return None if self.port is None else f"http://127.0.0.1:{self.port}"


class RunStatus(StrEnum):
    """Where in its life a run is.

    ``RESTARTING``: it has ended, and is started again after a pause; ``GONE``: the engine knows
    nothing of it any more; ``UNKNOWN``: the engine can't be asked.
    """

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    EXITED = "exited"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarts:
    """How often a run was started again.

    Args:
        count: how often.
        last: how the start before the last one ended; ``None`` where there was none.
        pause: the seconds after that end.
    """

    count: int = 0
    last: Ending | None = None
    pause: float = 0.0


NEVER = Restarts()
"""Never started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """How a run is.

    Args:
        status: where in its life it is.
        exit_code: 0 to 255 once it has ended; ``None`` where nobody saw the end.
        out_of_memory: whether the memory limit ended it.
        error: why it could not be started, in the engine's words.
        restarts: how often it was started again, and why.
    """

    status: RunStatus
    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""
    restarts: Restarts = NEVER

    @property
    def is_over(self) -> bool:
        """Whether it will not run again."""
        return self.status in (RunStatus.EXITED, RunStatus.GONE)


class LogStream(Protocol):
    """Lines of a log without their line end, oldest first; ``close`` ends it from any thread."""

    def __iter__(self) -> Iterator[bytes]:
        """Give the lines."""

    def close(self) -> None:
        """Stop following; harmless when it has ended."""


class ForeignImages(Protocol):
    """Images that were made elsewhere; every method raises ``EngineError`` where it fails."""

    def find(self, reference: str) -> LoadedImage | None:
        """Return an image by its whole name, if the engine has it."""

    def pull(self, reference: str) -> LoadedImage:
        """Fetch an image from its registry; ``SilentRegistryError`` where that does not answer."""


class Engine(Protocol):
    """Runs images; every method raises ``EngineError`` where the engine itself fails."""

    @property
    def name(self) -> str:
        """The word of ``--engine``."""

    @property
    def limits_memory(self) -> bool:
        """Whether ``RunSpec.memory_bytes`` is enforced here."""

    @property
    def shares_network(self) -> bool:
        """Whether processes bind the host's own loopback, so that both ports are the same."""

    @property
    def images(self) -> ForeignImages | None:
        """Images made elsewhere, or ``None`` where only folders with ours are run."""

    def available(self) -> str | None:
        """Return why it can't be used on this machine, or ``None`` where it can."""

    def load(self, layout: "ImageLayout", descriptor: "Descriptor", *, service: str) -> LoadedImage:
        """Make an image of the local store known; what is already there is not loaded again."""

    def start(self, spec: RunSpec) -> None:
        """Start a process in the background; it outlives this program.

        Raises:
            DeployError: if it could not be started at all; nothing of it is left.
        """

    def keep(self, run: Run, rule: RestartRule) -> None:
        """From now on, start a process again by a rule when it ends; also without this program."""

    def restarts(self, run: Run) -> Restarts:
        """Return how often a process was started again; cheap enough to ask all the time."""

    def run(self, spec: RunSpec) -> int:
        """Run a process in the foreground, on this program's own streams; return its exit code."""

    def state(self, run: Run) -> RunState:
        """Return how a run is."""

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        """Return both outputs in one stream, the last ``tail`` lines or all, then what follows."""

    def stop(self, run: Run, *, grace: float) -> None:
        """Send SIGTERM, after ``grace`` seconds SIGKILL; return when it is over."""

    def remove(self, run: Run) -> None:
        """Remove all that ``start`` made, running or not, except volumes."""

    def volume_path(self, service: str, volume: str) -> Path | None:
        """Return the folder of this machine that a volume is, or ``None`` before its first use."""

    def tidy(self) -> None:
        """Remove what nothing needs any more; called at the end, when nobody waits for it.

        It may be cut off at any step, and raises nothing: the next call tries again.
        """

    def remove_volumes(self, service: str) -> tuple[str, ...]:
        """Remove the volumes of a service for ever; return their names."""
