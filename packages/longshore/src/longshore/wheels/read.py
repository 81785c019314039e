"""Read wheels (PyPA: binary distribution format): entries, metadata, entry points, RECORD.

A wheel is opened only if its archive is beyond doubt (``longshore.wheels.archive``) and says what
it is. ``check`` inflates everything once and compares it with RECORD.
"""

import hashlib
import re
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import dataclass, field
from email.parser import HeaderParser
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from longshore.errors import WheelError
from longshore.types import Digest, Finding, NormalizedName, Severity, parse_name
from longshore.wheels.archive import ZipArchive, ZipEntry
from longshore.wheels.record import ACCEPTED, RecordRow, encode_hash, parse_record

_MAX_METADATA: Final = 16 << 20
_SCRIPT_NAME = re.compile(r"[^\s/\\\0=\[.][^/\\\0=\n]*")
_OBJECT = re.compile(r"(\w+(?:\.\w+)*)\s*:\s*(\w+(?:\.\w+)*)\s*(?:\[.*\])?", re.ASCII)
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")


class Scheme(StrEnum):
    """Where a file is installed (the keys of ``sysconfig``'s schemes)."""

    PURELIB = "purelib"
    PLATLIB = "platlib"
    SCRIPTS = "scripts"
    HEADERS = "headers"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A command that a wheel's entry points ask for: ``name = module:attribute``."""

    name: str
    module: str
    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelEntry:
    """One file of a wheel and where it is installed.

    ``path`` is relative to the folder of its scheme.
    """

    zip: ZipEntry
    scheme: Scheme
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What ``WheelFile.check`` found: the SHA-256 of every file by its name in the archive."""

    digests: dict[str, Digest]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """An open wheel; a context manager.

    Args:
        archive: the zip archive.
        sha256: of the file, as whoever fetched or built it verified.
        name: normalised.
        version: as the metadata writes it.
        root_is_purelib: what WHEEL says.
        requires: ``Requires-Dist`` lines.
        scripts: console and GUI scripts, sorted by name.
        dist_info: the name of the ``.dist-info`` folder.
        entries: every file, sorted by its name in the archive.
    """

    archive: ZipArchive = field(repr=False)
    sha256: Digest
    name: NormalizedName
    version: str
    root_is_purelib: bool
    requires: tuple[str, ...]
    scripts: tuple[Script, ...]
    dist_info: str
    entries: tuple[WheelEntry, ...] = field(repr=False)

    @classmethod
    def open(cls, path: Path, *, sha256: Digest, filename: str = "") -> Self:
        """Open a wheel whose digest was verified before.

        Args:
            path: of the file; in a content-addressed store it has no telling name.
            sha256: of the file.
            filename: what messages call it; the path's last component without.

        Raises:
            WheelError: if the archive is refused, or is no wheel of version 1.
        """
        archive = ZipArchive.open(path, filename)
        try:
            return cls._read(archive, sha256)
        except BaseException:
            archive.close()
            raise

    @classmethod
    def _read(cls, archive: ZipArchive, sha256: Digest) -> Self:
        dist_info = _find_dist_info(archive)
        files = {entry.name: entry for entry in archive.entries}
        wheel = _headers(archive, files, f"{dist_info}/WHEEL")
        version = (wheel.get("wheel-version") or [""])[0]
        if version.partition(".")[0] != "1":
            raise _error(archive, f"WHEEL: expected a wheel of version 1, got {version!r}")
        purelib = (wheel.get("root-is-purelib") or [""])[0].lower() == "true"
        metadata = _headers(archive, files, f"{dist_info}/METADATA")
        root = Scheme.PURELIB if purelib else Scheme.PLATLIB
        data = f"{dist_info.removesuffix('.dist-info')}.data/"
        entries = (_place(archive, entry, root, data) for entry in archive.entries)
        return cls(
            archive=archive,
            sha256=sha256,
            name=_name(archive, (metadata.get("name") or [""])[0]),
            version=(metadata.get("version") or [""])[0],
            root_is_purelib=purelib,
            requires=tuple(metadata.get("requires-dist", ())),
            scripts=read_scripts(archive, files.get(f"{dist_info}/entry_points.txt")),
            dist_info=dist_info,
            entries=tuple(sorted(entries, key=lambda entry: entry.zip.name)),
        )

    @property
    def filename(self) -> str:
        """What messages call the file."""
        return self.archive.name

    def close(self) -> None:
        """Close the file."""
        self.archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, *, strict: bool = False) -> Checked:
        """Inflate every file, and compare it with RECORD.

        The locked digest of the wheel decides what is shipped, so a RECORD that disagrees is a
        warning, unless ``strict``.

        Raises:
            WheelError: if an entry is damaged, or if ``strict`` and RECORD disagrees.
        """
        rows, problems = self._record_rows()
        digests = {}
        exempt = {f"{self.dist_info}/{name}" for name in _UNLISTED}
        for entry in self.entries:
            name = entry.zip.name
            row = rows.pop(name, RecordRow(path=name))
            digests[name], found = self._hash(entry.zip, row.algorithm)
            if name not in exempt and (not row.hash or found != row.hash.rstrip("=")):
                problems.append(f"{name!r} is not the file that RECORD lists")
        absent = sorted(set(rows) - exempt)
        problems += [f"{name!r} is in RECORD and not in the archive" for name in absent]
        if strict and problems:
            msg = f"{self.filename}: RECORD disagrees with the archive: {problems[0]}"
            raise WheelError(msg, context=problems, hint="ask the publisher for a sound wheel")
        findings = (
            Finding(
                rule="wheel.record",
                severity=Severity.WARNING,
                location=self.filename,
                message=problem,
            )
            for problem in problems
        )
        return Checked(digests=digests, findings=tuple(findings))

    def _record_rows(self) -> tuple[dict[str, RecordRow], list[str]]:
        name = f"{self.dist_info}/RECORD"
        entry = next((entry.zip for entry in self.entries if entry.zip.name == name), None)
        if entry is None:
            return {}, ["there is no RECORD"]
        try:
            rows = parse_record(_text(self.archive, entry))
        except ValueError as error:
            return {}, [f"RECORD: {error}"]
        return {path: row for path, row in rows.items() if not path.endswith("/")}, []

    def _hash(self, entry: ZipEntry, algorithm: str) -> tuple[Digest, str]:
        """Return a file's SHA-256, and its hash by RECORD's algorithm as RECORD writes it."""
        sha256 = hashlib.sha256()
        other = hashlib.new(algorithm) if algorithm in ACCEPTED - {"sha256"} else sha256
        for chunk in self.archive.content(entry):
            sha256.update(chunk)
            if other is not sha256:
                other.update(chunk)
        found = encode_hash(algorithm, other.digest()) if algorithm in ACCEPTED else ""
        return Digest("sha256", sha256.hexdigest()), found


def _error(archive: ZipArchive, problem: str) -> WheelError:
    return WheelError(f"{archive.name}: {problem}", hint="ask the publisher for a sound wheel")


def _find_dist_info(archive: ZipArchive) -> str:
    tops = {entry.name.partition("/")[0] for entry in archive.entries if "/" in entry.name}
    found = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(found) != 1:
        raise _error(archive, f"expected one .dist-info folder, got {found}")
    return found[0]


def _text(archive: ZipArchive, entry: ZipEntry) -> str:
    if entry.size > _MAX_METADATA:
        raise _error(archive, f"{entry.name!r} has {entry.size} bytes")
    try:
        return archive.read(entry).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _error(archive, f"{entry.name!r} is not UTF-8") from error


def _headers(archive: ZipArchive, files: dict[str, ZipEntry], name: str) -> dict[str, list[str]]:
    """Return the header fields of WHEEL or METADATA by lower-case name."""
    if name not in files:
        raise _error(archive, f"{name!r} is missing")
    message = HeaderParser().parsestr(_text(archive, files[name]), headersonly=True)
    fields: dict[str, list[str]] = {}
    for key, value in message.items():
        fields.setdefault(key.lower(), []).append(str(value).strip())
    return fields


def _name(archive: ZipArchive, text: str) -> NormalizedName:
    try:
        return parse_name(text)
    except ValueError as error:
        raise _error(archive, f"METADATA: Name: {error}") from error


def _place(archive: ZipArchive, entry: ZipEntry, root: Scheme, data: str) -> WheelEntry:
    """Tell where an entry is installed (§the .data directory)."""
    if not entry.name.startswith(data):
        return WheelEntry(zip=entry, scheme=root, path=entry.name)
    key, _, path = entry.name.removeprefix(data).partition("/")
    if key not in {scheme.value for scheme in Scheme} or not path:
        raise _error(archive, f"{entry.name!r} has no place: {key!r} is no scheme")
    return WheelEntry(zip=entry, scheme=Scheme(key), path=path)


def read_scripts(archive: ZipArchive, entry: ZipEntry | None) -> tuple[Script, ...]:
    """Read console and GUI scripts (PyPA: entry points specification §file format).

    Raises:
        WheelError: if the file of entry points is damaged.
    """
    if entry is None:
        return ()
    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    try:
        parser.read_string(_text(archive, entry))
    except ConfigParserError as error:
        reason = " ".join(str(error).split())
        raise _error(archive, f"entry_points.txt can't be read: {reason}") from error
    scripts = {}
    for section in ("console_scripts", "gui_scripts"):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            match = _OBJECT.fullmatch(value.strip())
            if match is None or not _SCRIPT_NAME.fullmatch(name):
                problem = f"entry_points.txt: {section}: {name} = {value!r} names no function"
                raise _error(archive, problem)
            scripts[name] = Script(name=name, module=match[1], attribute=match[2])
    return tuple(scripts[name] for name in sorted(scripts))
