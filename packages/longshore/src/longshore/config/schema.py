"""What ``[tool.longshore]`` says: frozen values, each with where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType

from longshore.config.known import ServiceKind
from longshore.types import (
    Asgi,
    CommandLine,
    ProcessKind,
    Reference,
    Resources,
    Restart,
    Scale,
    Wsgi,
)


class SourceKind(StrEnum):
    """Who said it; a later one overrides an earlier one."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value came from.

    ``place`` is the file's name, the variable's name or the flag; empty for a default.
    """

    kind: SourceKind
    place: str = ""

    def __str__(self) -> str:
        return self.place or self.kind.value


DEFAULT_SOURCE = Source(kind=SourceKind.DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessConfig:
    """One ``processes.<name>`` table; ``None`` where it leaves something to detection.

    Args:
        name: the table's name.
        kind: as written, or as the other keys imply it.
        serve: what runs.
        server: the package of the lock that serves it.
        port: for a web process, 8000 by default.
        schedule: the five fields of crontab(5), one blank apart.
        singleton: never more than one at a time.
        drain: seconds that in-flight work may take after SIGTERM.
        writable: absolute folders.
        env: plain settings.
        secrets: names of environment variables.
        resources: what one replica asks for.
        scale: how many replicas.
        restart: when it is started again on this machine, where it keeps running.
    """

    name: str
    kind: ProcessKind | None = None
    serve: Asgi | Wsgi | CommandLine | None = None
    port: int | None = None
    schedule: str | None = None
    singleton: bool = False
    drain: float = 15.0
    writable: tuple[PurePosixPath, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    secrets: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources)
    scale: Scale = field(default_factory=Scale)
    restart: Restart = Restart.ON_FAILURE
    server: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetConfig:
    """One ``[[assets]]`` table: a command of the build whose outputs go into the image.

    Args:
        command: the program and its arguments.
        outputs: the files and folders that it makes, relative to the application's root.
        inputs: patterns of the tracked files that it reads and that decide whether it runs again;
            empty for all of them.
        env: its settings; none of them goes into the image.
    """

    command: tuple[str, ...]
    outputs: tuple[PurePosixPath, ...]
    inputs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """One ``services.<name>``: what the processes use, on this machine only.

    Args:
        name: the table's name, and its host name for the processes where they have a network.
        image: as written.
        kind: what it speaks, which the image tells.
        port: where it listens inside.
        env: its settings.
        command: its arguments, or empty for the image's own.
        addresses: variable of the processes → template of its value.
        is_explicit: whether the user chose the variables.
    """

    name: str
    image: Reference
    kind: ServiceKind
    port: int
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    command: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    is_explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration of one application.

    Args:
        file: the name of the file that holds the table, or ``None`` where there is none.
        prefix: what stands before a key in that file: ``tool.longshore`` or nothing.
        base: ``debian:<suite>``, or ``None`` where the project's Python decides.
        packages: further Debian packages, sorted.
        build_packages: Debian packages that only builds see, beside a compiler, sorted; ``None``
            where nothing is said, and the compiler is there for what shows that it needs one.
        include: files and folders of the project that go into the image beside its code.
        bytecode: whether the image holds compiled bytecode.
        mirrors: archive (``debian``, ``debian-security``) → URL.
        processes: sorted by name.
        assets: in the order in which they run.
        services: sorted by name; no part of the image, so not of the representation either: what
            a build's key is made of.
        sources: path of a value (``processes.web.port``) → where it came from; what is not in it
            is a default.
    """

    file: str | None = None
    prefix: str = ""
    base: str | None = None
    packages: tuple[str, ...] = ()
    build_packages: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    bytecode: bool = True
    mirrors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    processes: tuple[ProcessConfig, ...] = ()
    assets: tuple[AssetConfig, ...] = ()
    services: tuple[ServiceConfig, ...] = field(default=(), repr=False)
    sources: Mapping[str, Source] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, repr=False
    )

    def source(self, path: str) -> Source:
        """Return where the value at a path came from."""
        return self.sources.get(path, DEFAULT_SOURCE)

    def location(self, path: str) -> str:
        """Return a path as messages show it: ``pyproject.toml: tool.longshore.base``."""
        return locate(self.file or "pyproject.toml", self.prefix, path)


def locate(file: str, prefix: str, path: str) -> str:
    """Join a file's name, the table that holds the configuration and a path below it."""
    inside = ".".join(part for part in (prefix, path) if part)
    return f"{file}: {inside}" if inside else file
