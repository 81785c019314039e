"""Fetch the pinned packages of a base, each verified by its hash."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from pathlib import Path

from longshore.base.debian.archive import Archive, missing_archive, superseded
from longshore.errors import SupplyChainError, TransportError
from longshore.locks.pins import BasePins, PinnedDeb
from longshore.net import Transport, download
from longshore.oci.blobs import BlobStore

_WORKERS = 6


def fetch_packages(
    pins: BasePins,
    *,
    find_archives: Callable[[], tuple[Archive, ...]],
    transport: Transport,
    store: BlobStore,
) -> Mapping[str, Path]:
    """Return the path of every pinned ``.deb``, by the package's name.

    Args:
        pins: what to fetch.
        find_archives: called once, and only if something has to be fetched.
        transport: fetches.
        store: keeps the archives.

    Raises:
        SupplyChainError: if an archive is not the pinned one, or gone from the mirror.
        PreflightError: if no mirror is known.
        TransportError: if a mirror can't be reached.
    """
    # Asked for before the threads start: it talks to mirrors, and it may fail with a clear message.
    urls: Mapping[str, str] = {}
    if not all(store.has(package.sha256, package.size) for package in pins.packages):
        urls = {archive.name: archive.url for archive in find_archives()}

    @cache
    def late_urls() -> Mapping[str, str]:
        return {archive.name: archive.url for archive in find_archives()}

    def fetch(package: PinnedDeb) -> Path:
        cached = store.verified(package.sha256)
        if cached is not None:
            return cached
        return _download(package, urls or late_urls(), transport, store)

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="deb") as pool:
        paths = list(pool.map(fetch, pins.packages))
    return {package.name: path for package, path in zip(pins.packages, paths, strict=True)}


def _download(
    package: PinnedDeb, urls: Mapping[str, str], transport: Transport, store: BlobStore
) -> Path:
    subject = f"{package.name} {package.version}"
    root = urls.get(package.archive)
    if root is None:
        raise missing_archive(package.archive, subject)
    try:
        return download(
            transport,
            f"{root}/{package.path.replace('%', '%25')}",
            store=store,
            expected=package.sha256,
            size=package.size,
            kind="base.fetch",
            subject=subject,
            error=SupplyChainError,
        )
    except TransportError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise superseded(subject, error) from error
        raise
