"""Processes: what a project runs. Images, compose, Kubernetes, VM and Lambda all consume these."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Self

_ENTRY = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(\(\))?")
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
MAX_PORT = 65535


class ProcessKind(StrEnum):
    """What a process does in the life of a service."""

    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    CRON = "cron"
    RELEASE = "release"
    JOB = "job"


ONCE = frozenset({ProcessKind.CRON, ProcessKind.RELEASE, ProcessKind.JOB})
"""The kinds of what runs to its end."""


class Restart(StrEnum):
    """When a process that keeps running is started again after it has ended, on this machine."""

    NO = "no"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, order=True)
class EntryPoint:
    """A module and an attribute: ``taskapi.main:app``; ``factory`` for a trailing ``()``."""

    module: str
    attribute: str
    factory: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``package.module:attribute`` with an optional ``()``.

        Raises:
            ValueError: for any other shape.
        """
        match = _ENTRY.fullmatch(text.strip())
        if match is None:
            msg = f"expected 'package.module:attribute', got {text!r}"
            raise ValueError(msg)
        return cls(match[1], match[2], match[3] is not None)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}{'()' if self.factory else ''}"


@dataclass(frozen=True, slots=True)
class Asgi:
    """An ASGI application, served by the runtime."""

    app: EntryPoint


@dataclass(frozen=True, slots=True)
class Wsgi:
    """A WSGI application (PEP 3333), served by the runtime."""

    app: EntryPoint


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Any other program, supervised by the runtime; never a shell string."""

    argv: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.argv or not self.argv[0]:
            msg = "expected a command with at least a program name"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one replica asks for: CPU in millicores, memory in bytes; ``None`` where unsaid."""

    cpu_millicores: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many replicas: between ``minimum`` and ``maximum``, aiming at ``cpu_percent``."""

    minimum: int = 1
    maximum: int = 1
    cpu_percent: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            msg = f"expected 0 <= min <= max, got min {self.minimum} and max {self.maximum}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process type of a service.

    Args:
        name: a DNS label of at most 40 characters (names of objects derive from it).
        kind: what it does in the life of the service.
        serve: what runs.
        server: the package that serves an ASGI or WSGI application; ``None`` before the lock has
            been looked at, and for commands.
        port: the port that it listens on, for a web process.
        schedule: the five fields of crontab(5), for a cron process.
        singleton: never more than one at a time.
        drain: seconds that in-flight work may take after SIGTERM.
        writable: absolute folders that must be writable; everything else may be read-only.
        env: plain settings.
        secrets: names of environment variables whose values come from the platform.
        resources: what one replica asks for.
        scale: how many replicas.
        restart: when it is started again, where it keeps running; a cluster always does that.
    """

    name: str
    kind: ProcessKind
    serve: Asgi | Wsgi | CommandLine
    port: int | None = None
    schedule: str | None = None
    singleton: bool = False
    drain: float = 15.0
    writable: tuple[PurePosixPath, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    secrets: tuple[str, ...] = ()
    resources: Resources = Resources()
    scale: Scale = Scale()
    restart: Restart = Restart.ON_FAILURE
    server: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            msg = (
                "expected a name of at most 40 lower-case letters, digits and hyphens that "
                f"starts with a letter, got {self.name!r}"
            )
            raise ValueError(msg)
        if self.port is not None and not 1 <= self.port <= MAX_PORT:
            msg = f"expected a port between 1 and {MAX_PORT}, got {self.port}"
            raise ValueError(msg)
        if self.drain < 0:
            msg = f"expected a drain time of at least 0 seconds, got {self.drain}"
            raise ValueError(msg)
        relative = next((path for path in self.writable if not path.is_absolute()), None)
        if relative is not None:
            msg = f"expected absolute writable paths, got {str(relative)!r}"
            raise ValueError(msg)
        if (self.schedule is not None) != (self.kind is ProcessKind.CRON):
            msg = f"a schedule goes with kind 'cron' only, got kind {self.kind.value!r}"
            raise ValueError(msg)
