"""Fetch a pinned file into the content-addressed store.

What is stored is verified when it is read again; what is fetched is hashed on its way and appears
in the store only when it is what was pinned. A connection that is cut is resumed where it stood.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from longshore.errors import LongshoreError
from longshore.net.failures import TransientError
from longshore.net.origin import redact_url
from longshore.net.retries import explain_retries
from longshore.net.transport import Response, Transport
from longshore.oci.blobs import BlobStore, BlobWriter
from longshore.types import Digest, Event, Phase

_PARTIAL = 206


def download(
    transport: Transport,
    url: str,
    *,
    store: BlobStore,
    expected: Digest,
    size: int | None,
    kind: str,
    subject: str,
    error: type[LongshoreError],
) -> Path:
    """Return the path of a pinned file, fetched unless the store has it.

    Args:
        transport: fetches, and its reporter hears about it.
        url: where the file is.
        store: where it is kept.
        expected: its digest.
        size: its bytes, or ``None`` where the lock does not say.
        kind: of the events: ``wheel.fetch``.
        subject: of the events and errors, for people: ``sqlalchemy 2.0.43``.
        error: what is raised for other bytes than the pinned ones.

    Raises:
        LongshoreError: of the type ``error``, if the digest or the size differs.
        TransportError: if the file can't be fetched.
        PreflightError: if it can't be stored.
    """

    def report(phase: Phase, *, done: int | None = None, detail: str = "") -> None:
        transport.reporter.report(
            Event(kind=kind, subject=subject, phase=phase, done=done, total=size, detail=detail)
        )

    was_there = store.has(expected)
    if (cached := store.verified(expected)) is not None:
        report(Phase.CACHED)
        return cached
    if was_there:
        report(Phase.WARNING, detail="the cached copy was damaged; fetching it again")
    report(Phase.STARTED, done=0)
    transfer = _Transfer(transport, url, expected=expected, size=size, subject=subject, error=error)
    try:
        path = transfer.run(store, lambda done: report(Phase.PROGRESS, done=done))
    except LongshoreError as failure:
        report(Phase.FAILED, detail=failure.message)
        raise
    report(Phase.DONE, done=transfer.done)
    return path


class _Transfer:
    """One file on its way: what has come so far, and its hash."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        expected: Digest,
        size: int | None,
        subject: str,
        error: type[LongshoreError],
    ) -> None:
        self._transport = transport
        self._url = url
        self._expected = expected
        self._size = size
        self._subject = subject
        self._error = error
        self._etag: str | None = None
        self._cuts = 0
        self._begin()

    def _begin(self) -> None:
        self.done = 0
        self._hash = hashlib.new(self._expected.algorithm)

    def run(self, store: BlobStore, progress: Callable[[int], None]) -> Path:
        """Fetch, resume, verify, publish."""
        while True:
            self._begin()
            with store.writer() as writer:
                if self._receive_all(writer, progress):
                    return self._publish(store, writer)

    def _receive_all(self, writer: BlobWriter, progress: Callable[[int], None]) -> bool:
        """Take the whole file; return False if a resumed transfer has to begin anew."""
        while True:
            try:
                return self._receive(writer, progress)
            except TransientError as failure:
                self._cuts += 1
                self._wait(failure)

    def _wait(self, failure: TransientError) -> None:
        if failure.context:  # no answer at all: the transport has tried often enough
            raise failure
        delay = self._transport.retries.delay(self._cuts, None)
        if delay is None:
            explain_retries(failure, self._cuts)
            raise failure
        self._transport.clock.sleep(delay)

    def _receive(self, writer: BlobWriter, progress: Callable[[int], None]) -> bool:
        """Make one request for what is missing; return False if it sends the whole file again."""
        headers = {}
        if self.done:
            headers = {"range": f"bytes={self.done}-"}
            if self._etag is not None:
                headers["if-range"] = self._etag
        with self._transport.stream(self._url, headers=headers) as response:
            if self.done and not self._continues(response):
                return False
            etag = response.headers.get("etag", "")
            self._etag = etag if etag.startswith('"') else None  # weak ones don't fit If-Range
            for chunk in response.chunks():
                self.done += len(chunk)
                if self._size is not None and self.done > self._size:
                    raise self._wrong_size(self.done)
                writer.write(chunk)
                self._hash.update(chunk)
                progress(self.done)
        return True

    def _continues(self, response: Response) -> bool:
        begins = response.headers.get("content-range", "").startswith(f"bytes {self.done}-")
        return response.status == _PARTIAL and begins

    def _publish(self, store: BlobStore, writer: BlobWriter) -> Path:
        if self._size is not None and self.done != self._size:
            raise self._wrong_size(self.done)
        if self._hash.hexdigest() != self._expected.hex:
            got = Digest(self._expected.algorithm, self._hash.hexdigest())
            raise self._mismatch(expected=str(self._expected), got=str(got))
        path = store.path(writer.commit().digest)
        if self._expected.algorithm == "sha256":
            return path
        pinned = store.path(self._expected)  # a second name, so that the next look-up finds it
        pinned.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            pinned.hardlink_to(path)
        return pinned

    def _wrong_size(self, got: int) -> LongshoreError:
        so_far = "at least " if self._size is not None and got > self._size else ""
        return self._mismatch(expected=f"{self._size} bytes", got=f"{so_far}{got}")

    def _mismatch(self, *, expected: str, got: str) -> LongshoreError:
        return self._error(
            f"{self._subject}: {redact_url(self._url)}: expected {expected}, got {got}",
            hint="the file is not the one that was locked: find out why it changed, "
            "and lock again only if you trust it",
        )
