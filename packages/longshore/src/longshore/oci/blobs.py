"""A content-addressed store of blobs: ``<root>/<algorithm>/<hex>``.

The same class backs the OCI layout's ``blobs`` folder (image-spec 1.1, image-layout.md) and the
download cache. A blob appears under its name only when it is complete and synced, so a crash
leaves a temporary file at most; whatever is read is verified, and a damaged blob is removed and
reported as absent, so that the caller makes or fetches it again.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from longshore.errors import PreflightError, SupplyChainError
from longshore.types import Digest

CHUNK = 1 << 20
"""Bytes per read: large enough to be cheap, small enough to keep memory flat."""

_SETTINGS = "LONGSHORE_CACHE_DIR or LONGSHORE_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob that was written: its SHA-256 and its size in bytes."""

    digest: Digest
    size: int


class BlobWriter:
    """Writes one blob; ``commit`` publishes it, leaving the context without it discards it."""

    def __init__(self, store: "BlobStore") -> None:
        self._store = store
        self._hash = hashlib.sha256()
        self._size = 0
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed in __exit__
            dir=store.incoming, prefix="blob-", delete=False
        )

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            PreflightError: if the disk is full.
        """
        try:
            self._file.write(chunk)
        except OSError as error:
            raise disk_error(error, self._store.root) from error
        self._hash.update(chunk)
        self._size += len(chunk)

    def commit(self, expected: Digest | None = None) -> Stored:
        """Publish the blob under its digest.

        Raises:
            SupplyChainError: if the bytes are not the expected ones; nothing is published.
            PreflightError: if the disk is full.
        """
        digest = Digest("sha256", self._hash.hexdigest())
        if expected is not None and digest != expected:
            msg = f"expected {expected}, got {digest}"
            raise SupplyChainError(msg)
        target = self._store.path(digest)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(self._file.name).chmod(0o644)
            Path(self._file.name).replace(target)
        except OSError as error:
            raise disk_error(error, self._store.root) from error
        return Stored(digest, self._size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # the disk may be full: closing flushes what is left
            self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


class BlobStore:
    """A folder of blobs that are named by their digest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def incoming(self) -> Path:
        """Where unfinished blobs live: on the same file system, so that publishing is a rename."""
        folder = self.root / ".incoming"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error, self.root) from error
        return folder

    def path(self, digest: Digest) -> Path:
        """Return where a blob is, or would be; nothing is checked."""
        return self.root / digest.algorithm / digest.hex

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Tell whether a blob of that digest (and size) is there, without reading it."""
        try:
            found = self.path(digest).stat().st_size
        except OSError:
            return False
        return size is None or found == size

    def writer(self) -> BlobWriter:
        """Open a writer for one new blob."""
        return BlobWriter(self)

    def put(self, chunks: Iterable[bytes], expected: Digest | None = None) -> Stored:
        """Write a whole stream as one blob; see ``BlobWriter.commit`` for what it raises."""
        with self.writer() as writer:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit(expected)

    def verified(self, digest: Digest) -> Path | None:
        """Return the path of a blob whose bytes match its name, else ``None``.

        A blob that does not match is removed.
        """
        path = self.path(digest)
        state = hashlib.new(digest.algorithm)
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    state.update(chunk)
        except OSError:
            return None
        if state.hexdigest() == digest.hex:
            return path
        path.unlink(missing_ok=True)
        return None

    def read(self, digest: Digest) -> bytes | None:
        """Return a whole (small) blob, verified, or ``None`` where it is absent or damaged."""
        path = self.verified(digest)
        return None if path is None else path.read_bytes()

    def chunks(self, digest: Digest) -> Iterator[bytes]:
        """Stream a blob that ``verified`` or ``has`` found."""
        with self.path(digest).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def disk_error(error: OSError, place: Path) -> PreflightError:
    """Turn a failed write into the error that says which folder, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PreflightError(
            f"{place}: no space left on the device",
            hint=f"free some space, or point {_SETTINGS} at a larger disk",
        )
    return PreflightError(
        f"{place}: can't write: {(error.strerror or str(error)).lower()}",
        hint=f"check the folder's owner and permissions, or set {_SETTINGS}",
    )
