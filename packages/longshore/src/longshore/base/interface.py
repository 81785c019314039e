"""What every kind of base image tells about itself."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from longshore.oci.config import ImageConfig
from longshore.oci.layer import Layer
from longshore.types import Digest, Glibc, Musl, PythonVersion, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """The Python of a base.

    Args:
        path: its absolute path inside the image.
        version: its exact version.
        magic: ``importlib.util.MAGIC_NUMBER``, in hexadecimal.
        soabi: ``sysconfig``'s SOABI: ``cpython-313-x86_64-linux-gnu``.
    """

    path: PurePosixPath
    version: PythonVersion
    magic: str
    soabi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OsPackage:
    """An operating system package in a base, pinned by the hash of its archive.

    ``layer`` is the index of the layer that holds it, among the base's own.
    """

    name: str
    version: str
    architecture: str
    sha256: Digest
    source: str
    layer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """What an image is built on.

    Args:
        reference: what the configuration said: ``debian:trixie``.
        target: what wheels are chosen for.
        config: the configuration that the image's own extends.
        layers: bottom first.
        interpreter: its Python.
        libc: its C library, which is also in ``target``.
        os_packages: sorted by name.
        user: numeric ``uid:gid`` that processes run as.
        created: when its inputs were pinned, UTC, whole seconds.
    """

    reference: str
    target: Target
    config: ImageConfig
    layers: tuple[Layer, ...]
    interpreter: Interpreter
    libc: Glibc | Musl
    os_packages: tuple[OsPackage, ...]
    user: str
    created: datetime


class Base(Protocol):
    """One kind of base image."""

    def describe(self) -> BaseImage:
        """Return what the base is; downloads what it must to know."""

    def unpack(self) -> Path:
        """Return a host folder with the base's root file system, cached, never to be changed."""
