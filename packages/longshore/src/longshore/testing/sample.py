"""A small project that builds within this process: its index, and a base without layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from longshore.base import BaseImage, Interpreter
from longshore.cli.context import Context
from longshore.locks.pins import BasePins, PinnedDeb, Pins
from longshore.oci.config import ImageConfig
from longshore.testing.index import PackageIndex
from longshore.testing.network import Network
from longshore.testing.wheel import Archive
from longshore.types import Digest, Glibc, Platform, PythonVersion, Target

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class BareBase:
    """A base without layers, for looking at what lies on top of it."""

    folder: Path

    def describe(self) -> BaseImage:
        """Return a base with Python 3.13.5 and glibc 2.41 for this machine's platform."""
        python, libc = PythonVersion(3, 13, 5), Glibc(2, 41)
        return BaseImage(
            reference="debian:trixie",
            target=Target.cpython(platform=Platform.host(), python=python, libc=libc),
            config=ImageConfig(env={"LANG": "C"}, user="65532:65532"),
            layers=(),
            interpreter=Interpreter(
                path=PurePosixPath("/usr/bin/python3.13"),
                version=python,
                magic="f30d0d0a",
                soabi="cpython-313-x86_64-linux-gnu",
            ),
            libc=libc,
            os_packages=(),
            user="65532:65532",
            created=CREATED,
        )

    def unpack(self) -> Path:
        """Return the folder that it was given."""
        return self.folder


@dataclass(frozen=True)
class Sample:
    """A project on disk and what its builds may reach."""

    root: Path
    index: PackageIndex
    network: Network
    environment: Mapping[str, str]

    def workshop(self, **environment: str) -> Context:
        """Return fresh tools, as a new run of the command line has them."""
        return Context(environment={**self.environment, **environment}, start=str(self.root))

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


PYPROJECT = """\
[project]
name = "demo"
version = "1.2"
description = "A demonstration"
requires-python = ">=3.11"

[tool.longshore]
bytecode = false

[tool.longshore.processes.web]
asgi = "demo:app"
"""


def base_pins(*, version: str = "13") -> Pins:
    """Return a lock with one base of one package."""
    package = PinnedDeb(
        name="base-files",
        version=version,
        architecture="amd64",
        source="base-files",
        archive="debian",
        path="pool/main/b/base-files/base-files_13_amd64.deb",
        size=1,
        sha256=Digest.of(b"deb"),
    )
    base = BasePins(
        reference="debian:trixie", platform=Platform.host(), date=CREATED, packages=(package,)
    )
    return Pins(bases=(base,))


def hashed(archives: list[Archive]) -> str:
    """Return requirements lines with hashes."""
    return "".join(f"{item.name}=={item.version} --hash={item.digest}\n" for item in archives)
