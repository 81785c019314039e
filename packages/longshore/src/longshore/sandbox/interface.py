"""One way to run anything in a root file system."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Protocol

ROOT = PurePosixPath("/")


class Network(StrEnum):
    """What the command can reach."""

    NONE = "none"
    HOST = "host"  # names are resolved as on the host: its resolv.conf and hosts are mounted


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A host folder or file that appears inside, read-only unless said otherwise.

    ``source`` is ``None`` for an empty in-memory file system. Where Longshore runs as root, a
    writable ``source`` and what is in it is given to the command's user.
    """

    source: Path | None
    target: PurePosixPath
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a command: wall-clock seconds, bytes of address space, bytes of each output.

    Of an output that is longer, the end is kept.
    """

    seconds: float | None = None
    memory_bytes: int | None = None
    output_bytes: int = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run, and with what in reach.

    Args:
        root: the host folder that becomes ``/``, mounted read-only.
        argv: the program, as a path inside ``root`` or a name on the ``PATH`` of ``env``, and its
            arguments.
        env: the whole environment; nothing is inherited.
        cwd: the working directory inside.
        mounts: further folders, in order; ``/proc``, a minimal ``/dev`` and an empty ``/tmp`` come
            by themselves.
        network: what it can reach.
        user: numeric user and group inside.
        limits: its bounds.
    """

    root: Path
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    cwd: PurePosixPath = ROOT
    mounts: tuple[Mount, ...] = ()
    network: Network = Network.NONE
    user: tuple[int, int] = (65532, 65532)
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a command ended.

    ``returncode`` is the exit status, or minus the signal's number; ``timed_out`` says that the
    time limit ended it.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False


class Sandbox(Protocol):
    """Runs commands in a root file system; one implementation per mechanism."""

    @property
    def name(self) -> str:
        """The mechanism, for messages and the build record: ``namespaces``."""

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        """Run a command to its end.

        Raises:
            PreflightError: if this machine can't provide the sandbox, or ``argv[0]`` is not there.
        """
