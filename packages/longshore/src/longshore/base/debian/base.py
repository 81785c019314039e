"""``debian:<suite>``: a base from pinned packages."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from longshore.base import bytecode
from longshore.base.debian.archive import Archive
from longshore.base.debian.assemble import BYTECODE, OS, PYTHON
from longshore.base.debian.fetch import fetch_packages
from longshore.base.debian.layer import TreeLayer
from longshore.base.debian.manifest import parse_interpreter
from longshore.base.debian.pinned import pinned_libc
from longshore.base.debian.rootfs import Package, Rootfs, RootfsStore
from longshore.base.debian.skeleton import USER
from longshore.base.debian.suite import Suite
from longshore.base.interface import BaseImage, Interpreter, OsPackage
from longshore.errors import LockError
from longshore.locks.pins import BasePins, PinnedDeb
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.config import ImageConfig
from longshore.oci.gzip import GzipEncoder
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Glibc, Target

FORMAT = 2
"""Raised whenever the same packages would give another tree; part of every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianBase:
    """A base whose packages are pinned.

    Args:
        suite: its release of Debian.
        pins: its packages.
        find_archives: finds the mirrors, if something has to be fetched.
        transport: fetches.
        store: keeps the ``.deb`` archives.
        memos: remembers the interpreter and the layers.
        rootfs: keeps the unpacked trees.
        links: further symbolic links by their place, and where they point.
    """

    suite: Suite
    pins: BasePins
    find_archives: Callable[[], tuple[Archive, ...]] = field(repr=False)
    transport: Transport = field(repr=False)
    store: BlobStore = field(repr=False)
    memos: MemoStore = field(repr=False)
    rootfs: RootfsStore = field(repr=False)
    links: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    @property
    def key(self) -> Digest:
        """A digest of everything that decides the base's bytes."""
        return self._key("base", self.pins.packages)

    def describe(self) -> BaseImage:
        """Return what the base is; only the first time its interpreter has to be run.

        Raises:
            LongshoreError: as ``unpack``.
        """
        interpreter = self._interpreter()
        libc = self._libc()
        target = Target.cpython(platform=self.pins.platform, python=interpreter.version, libc=libc)
        return BaseImage(
            reference=self.pins.reference,
            target=target,
            config=_config(self.pins),
            layers=self._layers(interpreter),
            interpreter=interpreter,
            libc=libc,
            os_packages=tuple(map(_os_package, self.pins.packages)),
            user=f"{USER}:{USER}",
            created=self.pins.date,
        )

    def unpack(self) -> Path:
        """Return the unpacked root file system, never to be changed.

        Raises:
            SupplyChainError: if a package is not the pinned one, or tries to leave the root.
            TransportError: if a mirror can't be reached.
            PreflightError: if no mirror is known, there is no sandbox, or the disk is full.
        """
        return self._unpacked().root

    def _unpacked(self) -> Rootfs:
        found = self.rootfs.get(self.key)
        if found is not None:
            return found
        paths = fetch_packages(
            self.pins,
            find_archives=self.find_archives,
            transport=self.transport,
            store=self.store,
        )
        packages = {
            name: Package(name=name, path=path, layer=_layer_of(name))
            for name, path in paths.items()
        }
        python = f"python{self.suite.python.short}"
        return self.rootfs.make(
            self.key,
            packages,
            python=PurePosixPath("/usr/bin", python),
            library=PurePosixPath("/usr/lib", python),
            subject=self.pins.reference,
            links=self.links,
        )

    def _interpreter(self) -> Interpreter:
        key = Digest.of(f"base interpreter {self.key}".encode())
        memo = self.memos.get(key)
        if memo is not None:
            return parse_interpreter(json.loads(memo))
        interpreter = self._unpacked().manifest.interpreter
        document = {name: str(value) for name, value in asdict(interpreter).items()}
        document["version"] = str(interpreter.version)
        self.memos.put(key, json.dumps(document, sort_keys=True).encode())
        return interpreter

    def _libc(self) -> Glibc:
        libc = pinned_libc(self.pins)
        if libc is not None:
            return libc
        msg = f"longshore.lock: the base {self.pins.reference!r} has no package 'libc6'"
        raise LockError(msg, hint="run `longshore lock --upgrade base`")

    def _layers(self, interpreter: Interpreter) -> tuple[TreeLayer, ...]:
        python = [each for each in self.pins.packages if _layer_of(each.name) == PYTHON]
        system = [each for each in self.pins.packages if _layer_of(each.name) == OS]
        count = len(system)
        parts = (
            (OS, f"Debian {self.suite.codename}: {count} packages", tuple(system)),
            (PYTHON, f"Python {interpreter.version}", tuple(python)),
            (BYTECODE, "bytecode of the standard library", tuple(python)),
        )
        return tuple(
            TreeLayer(
                key=self._key(name, packages),
                title=title,
                name=name,
                unpack=self._unpacked,
                memos=self.memos,
            )
            for name, title, packages in parts
        )

    def _key(self, name: str, packages: tuple[PinnedDeb, ...]) -> Digest:
        parts: dict[str, object] = {
            "format": [FORMAT, bytecode.FORMAT],
            "encoder": GzipEncoder().id,
            "name": name,
            "suite": self.suite.codename,  # decides which interpreter is run
            "packages": [[package.name, str(package.sha256)] for package in packages],
        }
        if self.links:
            parts["links"] = dict(self.links)
        return Digest.of(json.dumps(parts, sort_keys=True).encode())


_ORDER = (OS, PYTHON, BYTECODE)
"""The layers of a base, bottom first."""


def _layer_of(package: str) -> str:
    return PYTHON if package.startswith(("python3.", "libpython3.")) else OS


def _os_package(package: PinnedDeb) -> OsPackage:
    return OsPackage(
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        sha256=package.sha256,
        source=package.source,
        layer=_ORDER.index(_layer_of(package.name)),
    )


def _config(pins: BasePins) -> ImageConfig:
    """Return what the base says to its containers.

    ``C.UTF-8`` is a locale only where ``libc-bin`` brings its files: any other place that names it
    fails in ``setlocale``. Python speaks UTF-8 without it (PEP 540).
    """
    has_locale = any(package.name == "libc-bin" for package in pins.packages)
    env = {
        **({"LANG": "C.UTF-8"} if has_locale else {}),
        "PATH": "/usr/bin:/bin",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    }
    return ImageConfig(env=MappingProxyType(env), user=f"{USER}:{USER}")
