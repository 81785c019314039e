"""Platforms, C libraries and targets: what a wheel or an image must fit.

Platform strings follow containerd's and Docker's ``os/architecture[/variant]``; architecture names
are Go's, as the OCI image index requires (image-spec 1.1, image-index.md §platform).
"""

import platform as host_platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

_MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "arm": "armv7l",
    "386": "i686",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
_ALIASES = {machine: arch for arch, machine in _MACHINES.items()} | {"arm64": "arm64"}
_PART = re.compile(r"[a-z0-9_.]+")


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system and a processor: ``linux/amd64``, ``linux/arm/v7``."""

    os: str
    architecture: str
    variant: str = ""

    def __post_init__(self) -> None:
        for part in (self.os, self.architecture):
            if not _PART.fullmatch(part):
                msg = f"expected 'linux/amd64' or the like, got {self!s}"
                raise ValueError(msg)
        if self.variant and not _PART.fullmatch(self.variant):
            msg = f"expected a variant such as 'v7', got {self.variant!r}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``os/architecture[/variant]``; ``x86_64`` and ``aarch64`` are understood.

        Raises:
            ValueError: for any other shape or an unknown architecture.
        """
        parts = text.strip().lower().split("/")
        if len(parts) not in (2, 3) or not all(parts):
            msg = f"expected 'os/architecture', for example 'linux/amd64', got {text!r}"
            raise ValueError(msg)
        system, architecture, variant = (*parts, "")[:3]
        architecture = _ALIASES.get(architecture, architecture)
        if architecture not in _MACHINES:
            known = ", ".join(sorted(_MACHINES))
            msg = f"unknown architecture {architecture!r}; expected one of {known}"
            raise ValueError(msg)
        if architecture == "arm64" and variant == "v8":
            variant = ""  # containerd's normal form
        return cls(system, architecture, variant)

    @classmethod
    def host(cls) -> Self:
        """Return the Linux platform whose programs this machine's processor runs."""
        machine = host_platform.machine().lower()
        return cls("linux", _ALIASES.get(machine, machine))

    @property
    def machine(self) -> str:
        """The kernel's name of the processor, as in wheel tags: ``x86_64``, ``aarch64``."""
        return _MACHINES[self.architecture]

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True, order=True)
class Glibc:
    """The GNU C library of a base: the newest ``manylinux_X_Y`` that it can load (PEP 600)."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"glibc {self.major}.{self.minor}"


@dataclass(frozen=True, slots=True, order=True)
class Musl:
    """The musl C library of a base: the newest ``musllinux_X_Y`` that it can load (PEP 656)."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"musl {self.major}.{self.minor}"


@dataclass(frozen=True, slots=True, order=True)
class PythonVersion:
    """A CPython release: ``3.13.5``."""

    major: int
    minor: int
    micro: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``X.Y`` or ``X.Y.Z``.

        Raises:
            ValueError: for anything else, pre-releases included.
        """
        match = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?", text.strip())
        if match is None:
            msg = f"expected a Python version such as '3.13' or '3.13.5', got {text!r}"
            raise ValueError(msg)
        return cls(int(match[1]), int(match[2]), int(match[3] or 0))

    @classmethod
    def host(cls) -> Self:
        """Return the version of the interpreter that runs Longshore."""
        return cls(*sys.version_info[:3])

    @property
    def short(self) -> str:
        """``X.Y``, the part that wheels and ``site-packages`` depend on."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.micro}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What wheels are chosen for: one platform, one interpreter, one C library.

    ``abi`` is the interpreter's ABI tag (``cp313``). ``markers`` are the values of the environment
    markers on that target (PyPA: dependency specifiers §environment markers), read-only.
    """

    platform: Platform
    python: PythonVersion
    abi: str
    libc: Glibc | Musl
    markers: Mapping[str, str] = field(hash=False, repr=False)

    @classmethod
    def cpython(cls, *, platform: Platform, python: PythonVersion, libc: Glibc | Musl) -> Self:
        """Return the target of a CPython on Linux, with the marker values that it reports.

        Raises:
            ValueError: for an operating system other than Linux.
        """
        if platform.os != "linux":
            msg = f"images are built for Linux, got {platform!s}"
            raise ValueError(msg)
        markers = {
            "implementation_name": "cpython",
            "implementation_version": str(python),
            "os_name": "posix",
            "platform_machine": platform.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": str(python),
            "python_version": python.short,
            "sys_platform": "linux",
        }
        return cls(
            platform=platform,
            python=python,
            abi=f"cp{python.major}{python.minor}",
            libc=libc,
            markers=MappingProxyType(markers),
        )

    def __str__(self) -> str:
        return f"{self.platform}, Python {self.python.short}, {self.libc}"
