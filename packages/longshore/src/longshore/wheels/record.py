"""RECORD: the list of a distribution's files (PyPA: recording installed projects §RECORD)."""

import base64
import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from longshore.types import Digest

ACCEPTED: Final = frozenset({"sha256", "sha384", "sha512"})
"""The hashes that a wheel's RECORD may use (PyPA: binary distribution format §signed wheels)."""

_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """One row: ``hash`` is ``algorithm=base64`` or empty, ``size`` is in bytes or ``None``."""

    path: str
    hash: str = ""
    size: int | None = None

    @property
    def algorithm(self) -> str:
        """The name of the hash, or an empty string."""
        return self.hash.partition("=")[0]


def encode_hash(algorithm: str, value: bytes) -> str:
    """Return a hash as RECORD writes it: URL-safe base64 without padding."""
    return f"{algorithm}={base64.urlsafe_b64encode(value).rstrip(b'=').decode('ascii')}"


def record_row(path: str, digest: Digest, size: int) -> RecordRow:
    """Return the row of a file."""
    return RecordRow(
        path=path, hash=encode_hash(digest.algorithm, bytes.fromhex(digest.hex)), size=size
    )


def content_row(path: str, content: bytes) -> RecordRow:
    """Return the row of a file whose content is at hand."""
    return RecordRow(
        path=path,
        hash=encode_hash("sha256", hashlib.sha256(content).digest()),
        size=len(content),
    )


def parse_record(text: str) -> dict[str, RecordRow]:
    """Return the rows by path.

    Raises:
        ValueError: if it is no CSV of three columns.
    """
    rows = {}
    try:
        for number, row in enumerate(csv.reader(text.splitlines(), strict=True), 1):
            if not row:
                continue
            if len(row) != _COLUMNS or (row[2] and not row[2].isdecimal()):
                msg = f"line {number}: expected a path, a hash and a size, got {row!r}"
                raise ValueError(msg)
            rows[row[0]] = RecordRow(path=row[0], hash=row[1], size=int(row[2]) if row[2] else None)
    except csv.Error as error:
        msg = f"not a CSV file: {error}"
        raise ValueError(msg) from error
    return rows


def render_record(rows: Iterable[RecordRow]) -> bytes:
    """Return a RECORD with its rows sorted by path."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in sorted(rows, key=lambda row: row.path):
        writer.writerow((row.path, row.hash, "" if row.size is None else row.size))
    return text.getvalue().encode("utf-8")
