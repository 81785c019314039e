"""Pin a base: from a suite and signed indexes to names, versions and hashes."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.base.debian.apt import APT
from longshore.base.debian.archive import ArchiveFinder
from longshore.base.debian.closure import resolve
from longshore.base.debian.index import IndexedPackage, load_index
from longshore.base.debian.suite import debian_architecture, parse_suite
from longshore.base.debian.toolchain import toolchain_roots
from longshore.locks.pins import BasePins, PinnedDeb
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.types import Event, Phase, Platform

if TYPE_CHECKING:
    from pysequoia import Cert


def lock_debian(
    reference: str,
    *,
    platform: Platform,
    packages: Sequence[str],
    without: Collection[str] = (),
    transport: Transport,
    store: BlobStore,
    mirrors: Mapping[str, str],
    apt: Path = APT,
    certificates: Sequence["Cert"] | None = None,
    toolchain: bool = False,
) -> BasePins:
    """Return the pins of ``debian:<suite>`` as the mirrors have it now.

    Args:
        reference: ``debian:trixie``.
        platform: for which.
        packages: binary packages beyond those that every base has.
        without: packages to leave out with all that only they depend on.
        transport: fetches releases and indexes.
        store: keeps the indexes.
        mirrors: configured addresses by archive: ``debian``, ``debian-security``.
        apt: the folder of this machine's apt sources.
        certificates: whose signatures count; those of Debian's archive unless given.
        toolchain: pin the base with a compiler instead, for builds only.

    Raises:
        UsageError: for an unknown suite or architecture.
        PreflightError: if no mirror is known.
        SupplyChainError: if something is not what was signed.
        LockError: if a package is missing or a dependency can't be satisfied.
        TransportError: if a mirror can't be reached.
    """
    suite = parse_suite(reference)
    architecture = debian_architecture(platform)
    subject = f"{reference} {platform}{' with a compiler' if toolchain else ''}"
    transport.reporter.report(Event(kind="base.lock", subject=subject, phase=Phase.STARTED))
    finder = ArchiveFinder(transport=transport, mirrors=mirrors, apt=apt, certificates=certificates)
    archives = finder.find(suite)
    index = load_index(archives, architecture=architecture, transport=transport, store=store)
    roots = toolchain_roots(suite, index) if toolchain else suite.roots
    key = "build-packages" if toolchain else "packages"
    found = resolve([*roots, *packages], index, without=without, key=key)
    dates = [release.date for archive in archives for release in archive.releases]
    transport.reporter.report(
        Event(
            kind="base.lock",
            subject=subject,
            phase=Phase.DONE,
            detail=f"{len(found)} packages",
        )
    )
    return BasePins(
        reference=reference,
        platform=platform,
        extra=tuple(sorted(set(packages))),
        date=max(dates),
        packages=tuple(map(_pin, found)),
    )


def _pin(package: IndexedPackage) -> PinnedDeb:
    return PinnedDeb(
        name=package.name,
        version=str(package.version),
        architecture=package.architecture,
        source=package.source,
        archive=package.archive,
        path=package.path,
        size=package.size,
        sha256=package.sha256,
    )
