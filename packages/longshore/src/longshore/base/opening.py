"""From a reference in the configuration to a base: pin it, or open what is pinned."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from longshore.base.debian.apt import APT
from longshore.base.debian.archive import ArchiveFinder
from longshore.base.debian.base import DebianBase
from longshore.base.debian.lock import lock_debian
from longshore.base.debian.rootfs import RootfsStore
from longshore.base.debian.suite import debian_architecture, parse_suite
from longshore.base.debian.toolchain import toolchain_links
from longshore.base.interface import Base
from longshore.errors import LockError, PreflightError
from longshore.locks.pins import BasePins, Pins
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.sandbox.interface import Sandbox
from longshore.types import Platform

if TYPE_CHECKING:
    from pysequoia import Cert

_NO_MIRRORS: Mapping[str, str] = MappingProxyType({})


def lock_base(
    reference: str,
    *,
    platform: Platform,
    packages: Sequence[str] = (),
    without: Collection[str] = (),
    transport: Transport,
    store: BlobStore,
    mirrors: Mapping[str, str] = _NO_MIRRORS,
    apt: Path = APT,
    certificates: Sequence["Cert"] | None = None,
    toolchain: bool = False,
) -> BasePins:
    """Pin a base as it is now; see ``longshore.base.debian.lock`` for what is raised.

    Args:
        reference: ``debian:trixie``.
        platform: for which.
        packages: further operating system packages.
        without: packages to leave out with all that only they depend on.
        transport: fetches; its reporter hears about it.
        store: keeps downloads.
        mirrors: configured addresses by archive: ``debian``, ``debian-security``.
        apt: the folder of this machine's apt sources.
        certificates: whose signatures count; those of Debian's archive unless given.
        toolchain: pin the base with a compiler instead, for builds only.
    """
    return lock_debian(
        reference,
        platform=platform,
        packages=packages,
        without=without,
        transport=transport,
        store=store,
        mirrors=mirrors,
        apt=apt,
        certificates=certificates,
        toolchain=toolchain,
    )


def open_base(
    reference: str,
    *,
    pins: Pins,
    platform: Platform,
    packages: Sequence[str] = (),
    transport: Transport,
    store: BlobStore,
    memos: MemoStore,
    cache: Path,
    sandbox: Sandbox,
    mirrors: Mapping[str, str] = _NO_MIRRORS,
    apt: Path = APT,
    certificates: Sequence["Cert"] | None = None,
    toolchain: bool = False,
) -> Base:
    """Return a pinned base; nothing is fetched or unpacked before it is asked for.

    Args:
        reference: ``debian:trixie``.
        pins: the content of ``longshore.lock``.
        platform: for which.
        packages: further operating system packages.
        transport: fetches; its reporter hears about it.
        store: keeps downloads.
        memos: remembers what expensive steps came to.
        cache: unpacked bases are below its ``rootfs``.
        sandbox: runs the base's interpreter.
        mirrors: configured addresses by archive: ``debian``, ``debian-security``.
        apt: the folder of this machine's apt sources.
        certificates: whose signatures count; those of Debian's archive unless given.
        toolchain: open the base with a compiler instead, for builds only.

    Raises:
        UsageError: for a reference or platform that does not exist.
        LockError: if the base is not pinned with these packages.
        PreflightError: if this machine does not run the platform's programs.
    """
    suite = parse_suite(reference)
    debian_architecture(platform)
    find = pins.toolchain if toolchain else pins.base
    pinned = find(reference, platform, tuple(packages))
    if pinned is None:
        extra = f" with {', '.join(sorted(set(packages)))}" if packages else ""
        what = "compiler for" if toolchain else "base"
        msg = f"longshore.lock: the {what} {reference!r}{extra} is not pinned for {platform}"
        raise LockError(msg, hint="run `longshore lock`")
    if platform != Platform.host():
        msg = f"base: this machine can't run the Python of {reference!r} for {platform}"
        raise PreflightError(msg, hint=f"build on a {platform} machine")
    finder = ArchiveFinder(transport=transport, mirrors=mirrors, apt=apt, certificates=certificates)
    return DebianBase(
        suite=suite,
        pins=pinned,
        find_archives=partial(finder.find, suite),
        transport=transport,
        store=store,
        memos=memos,
        rootfs=RootfsStore(folder=cache / "rootfs", sandbox=sandbox, reporter=transport.reporter),
        links=toolchain_links(suite) if toolchain else {},
    )
