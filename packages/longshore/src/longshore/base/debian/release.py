"""Signed release files: what an archive vouches for (Debian: repository format, §Release files).

``InRelease`` is clear-signed text (RFC 9580 §7). Only the text that the signature covers counts;
it names every index of the suite by its SHA-256.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from longshore.base.debian.control import Paragraph, parse_paragraph
from longshore.errors import SupplyChainError
from longshore.types import Digest

if TYPE_CHECKING:
    from pysequoia import Cert


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """An index that a release vouches for: its SHA-256 and size in bytes."""

    sha256: Digest
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A verified release file.

    Args:
        origin: who publishes it: ``Debian``.
        label: ``Debian`` or ``Debian-Security``.
        codename: the suite: ``trixie``, ``trixie-updates``, ``trixie-security``.
        date: when it was made, UTC.
        by_hash: whether indexes can be fetched under their hash.
        indexes: by path below the suite's folder: ``main/binary-amd64/Packages.xz``.
    """

    origin: str
    label: str
    codename: str
    date: datetime
    by_hash: bool
    indexes: Mapping[str, IndexFile] = field(hash=False, repr=False)


def read_release(
    data: bytes, *, certificates: Sequence["Cert"], codename: str, now: datetime, where: str
) -> Release:
    """Verify an ``InRelease`` and read what was signed.

    Args:
        data: the file as it came.
        certificates: whose signatures count.
        codename: of the suite that was asked for.
        now: the time that ``Valid-Until`` is held against.
        where: names the file in messages.

    Raises:
        SupplyChainError: if no valid signature covers it, it is out of date, or it is the release
            of something else.
    """
    paragraph = _parse(_signed_text(data, certificates, where), where)
    release = _release(paragraph, where)
    if release.origin != "Debian":
        msg = f"{where}: expected the origin 'Debian', got {release.origin!r}"
        raise SupplyChainError(msg, hint="give the address of a mirror of Debian")
    if release.codename != codename:
        msg = f"{where}: expected the suite {codename!r}, got {release.codename!r}"
        raise SupplyChainError(msg, hint="the mirror is broken or hostile: use another one")
    if "valid-until" in paragraph:
        until = _date(paragraph["valid-until"], "Valid-Until", where)
        if now > until:
            msg = f"{where}: was valid until {until:%Y-%m-%d %H:%M} UTC"
            raise SupplyChainError(
                msg, hint="the mirror is not up to date, or this machine's clock is wrong"
            )
    return release


def _signed_text(data: bytes, certificates: Sequence["Cert"], where: str) -> str:
    """Return the text that a valid signature covers; whatever surrounds it is dropped."""
    import pysequoia  # noqa: PLC0415 - 9 MB, needed here only

    try:
        verified = pysequoia.verify(data, store=lambda _: list(certificates))
    except RuntimeError as error:  # its one exception; the message ends with a stack trace
        reason = str(error).partition("\n")[0].removeprefix("Signature verification failed: ")
        msg = f"{where}: not signed by Debian's archive: {reason.rstrip('.').lower()}"
        raise SupplyChainError(msg, hint="the mirror is broken or hostile: use another one") from (
            error
        )
    if verified.bytes is None or not verified.valid_sigs:
        msg = f"{where}: not signed by Debian's archive: no valid signatures found"
        raise SupplyChainError(msg, hint="the mirror is broken or hostile: use another one")
    return verified.bytes.decode("utf-8", "replace")


def _parse(text: str, where: str) -> Paragraph:
    try:
        return parse_paragraph(text)
    except ValueError as error:
        msg = f"{where}: not a release file: {error}"
        raise SupplyChainError(msg) from error


def _release(paragraph: Paragraph, where: str) -> Release:
    return Release(
        origin=paragraph.get("origin", ""),
        label=paragraph.get("label", ""),
        codename=paragraph.get("codename", ""),
        date=_date(paragraph.get("date", ""), "Date", where),
        by_hash=paragraph.get("acquire-by-hash", "") == "yes",
        indexes=_indexes(paragraph.get("sha256", ""), where),
    )


def _indexes(text: str, where: str) -> dict[str, IndexFile]:
    indexes = {}
    for line in text.splitlines():
        fields = line.split()
        if not fields:
            continue
        try:
            sha256, size, path = fields
            indexes[path] = IndexFile(sha256=Digest("sha256", sha256), size=int(size))
        except ValueError as error:
            msg = f"{where}: SHA256: {line!r}: {error}"
            raise SupplyChainError(msg) from error
    return indexes


def _date(text: str, name: str, where: str) -> datetime:
    try:
        date = parsedate_to_datetime(text.replace("UTC", "+0000"))
    except ValueError as error:
        msg = f"{where}: {name}: expected a date, got {text!r}"
        raise SupplyChainError(msg) from error
    return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
