"""Write normalised wheels (PyPA: binary distribution format): the same files, the same bytes."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from longshore.oci.tar import check_path
from longshore.types import Digest
from longshore.wheels.record import RecordRow, content_row, render_record

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def write_wheel(
    path: Path,
    *,
    name: str,
    version: str,
    files: Iterable[tuple[str, bytes, int]],
    requires: Sequence[str] = (),
) -> Digest:
    """Write a pure-Python wheel and return its SHA-256.

    Entries are stored, so that no compressor has a say, sorted, and dated 1980-01-01.

    Args:
        path: where to; the caller chooses the file name.
        name: of the distribution.
        version: of the distribution.
        files: path in the archive, content, mode (only the executable bits count).
        requires: ``Requires-Dist`` lines.

    Raises:
        ValueError: if a path leaves the archive or appears twice.
    """
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    members: dict[str, _Member] = {}
    for member in (
        *(_Member(*file) for file in files),
        *_metadata(folder, name, version, requires),
    ):
        if member.path in members:
            msg = f"{member.path!r} appears twice"
            raise ValueError(msg)
        members[member.path] = member
    rows = [content_row(member.path, member.content) for member in members.values()]
    record = f"{folder}/RECORD"
    members[record] = _Member(record, render_record([*rows, RecordRow(path=record)]), 0o644)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for member in sorted(members.values(), key=lambda member: member.path):
            archive.writestr(member.info(), member.content)
    return Digest.of(path.read_bytes())


@dataclass(frozen=True, slots=True)
class _Member:
    path: str
    content: bytes
    mode: int

    def __post_init__(self) -> None:
        check_path(self.path)

    def info(self) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(self.path, _EPOCH)
        entry.create_system = _UNIX  # the upper half of external_attr is the mode
        entry.external_attr = (0o100755 if self.mode & 0o111 else 0o100644) << 16
        return entry


def _metadata(folder: str, name: str, version: str, requires: Sequence[str]) -> list[_Member]:
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {requirement}" for requirement in requires),
    ]
    wheel = [
        "Wheel-Version: 1.0",
        "Generator: longshore",
        "Root-Is-Purelib: true",
        "Tag: py3-none-any",
    ]
    return [
        _Member(f"{folder}/METADATA", _lines(metadata), 0o644),
        _Member(f"{folder}/WHEEL", _lines(wheel), 0o644),
    ]


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8")
