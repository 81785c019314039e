"""Wheels that are built here, kept in the store by a key of everything that decides their bytes."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from longshore.oci.blobs import CHUNK, BlobStore
from longshore.oci.memos import MemoStore
from longshore.types import Digest, NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWheel:
    """A wheel in the blob store that was built here, and whether that was now or earlier."""

    name: NormalizedName
    filename: str
    sha256: Digest
    path: Path
    cached: bool


def build_once(
    name: NormalizedName,
    key: Digest,
    build: Callable[[Path], tuple[str, IO[bytes]]],
    *,
    blobs: BlobStore,
    memos: MemoStore,
) -> BuiltWheel:
    """Return the wheel of a key, from the store if it is there.

    Args:
        name: of the distribution.
        key: a digest of everything that decides the wheel's bytes.
        build: makes the wheel in a folder that is empty, and returns its name and the open file.
        blobs: keeps wheels.
        memos: remember which wheel a key came to.
    """
    known = _remembered(name, key, blobs, memos)
    if known is not None:
        return known
    with tempfile.TemporaryDirectory(prefix="longshore-build-") as folder:
        filename, file = build(Path(folder))
        with file:
            stored = blobs.put(iter(lambda: file.read(CHUNK), b""))
    note = {"filename": filename, "sha256": str(stored.digest)}
    memos.put(key, json.dumps(note, sort_keys=True).encode())
    return BuiltWheel(
        name=name,
        filename=filename,
        sha256=stored.digest,
        path=blobs.path(stored.digest),
        cached=False,
    )


def _remembered(
    name: NormalizedName, key: Digest, blobs: BlobStore, memos: MemoStore
) -> BuiltWheel | None:
    memo = memos.get(key)
    if memo is None:
        return None
    note = json.loads(memo)
    digest = Digest.parse(note["sha256"])
    path = blobs.verified(digest)
    if path is None:
        return None
    return BuiltWheel(name=name, filename=note["filename"], sha256=digest, path=path, cached=True)
