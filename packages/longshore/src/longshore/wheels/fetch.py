"""Fetch the chosen wheels: several at once, each verified, each kept in the store."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from longshore.errors import WheelError
from longshore.locks import Artifact, LockedPackage
from longshore.net import Transport, download, map_parallel
from longshore.oci.blobs import CHUNK, BlobStore
from longshore.types import Digest
from longshore.wheels.choose import ChosenWheel

EVENT = "wheel.fetch"
"""The kind of the events that are reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedWheel:
    """A wheel in the store; ``path`` is named by its digest, so ``artifact`` has the file name."""

    package: LockedPackage
    artifact: Artifact
    path: Path


def fetch_wheels(
    chosen: Sequence[ChosenWheel], *, transport: Transport, store: BlobStore
) -> tuple[FetchedWheel, ...]:
    """Return the wheels' files, in the same order; the transport's reporter hears of each.

    Raises:
        WheelError: if a file is not the one that was locked, or a local one is missing.
        TransportError: if one can't be fetched; what was fetched meanwhile stays in the store.
        PreflightError: if one can't be stored.
    """

    def fetch(wheel: ChosenWheel) -> FetchedWheel:
        path = _fetch(wheel, transport, store)
        return FetchedWheel(package=wheel.package, artifact=wheel.artifact, path=path)

    return tuple(map_parallel(fetch, chosen))


def _fetch(wheel: ChosenWheel, transport: Transport, store: BlobStore) -> Path:
    artifact = wheel.artifact
    if artifact.url is None:
        return _take(wheel, store)
    return download(
        transport,
        artifact.url,
        store=store,
        expected=artifact.digest,
        size=artifact.size,
        kind=EVENT,
        subject=str(wheel.package),
        error=WheelError,
    )


def _take(wheel: ChosenWheel, store: BlobStore) -> Path:
    """Copy a local file into the store, verified: it may change where it is."""
    path, expected = wheel.artifact.path, wheel.artifact.digest
    if path is None:
        msg = f"{wheel.package}: the lock says neither where it is nor on which index"
        raise WheelError(msg, hint="lock again")
    state = hashlib.new(expected.algorithm)
    try:
        with path.open("rb") as file, store.writer() as writer:
            while chunk := file.read(CHUNK):
                state.update(chunk)
                writer.write(chunk)
            if state.hexdigest() == expected.hex:
                return store.path(writer.commit().digest)
    except OSError as error:
        msg = f"{wheel.package}: {path}: {(error.strerror or str(error)).lower()}"
        raise WheelError(msg, hint="put the file there, or lock again") from error
    got = Digest(expected.algorithm, state.hexdigest())
    msg = f"{wheel.package}: {path}: expected {expected}, got {got}"
    raise WheelError(msg, hint="lock again if you trust the file as it is now")
