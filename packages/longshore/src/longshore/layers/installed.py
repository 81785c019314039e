"""What installing a wheel means: where each file goes, which scripts and records are written.

Follows PyPA's binary distribution format (§installing a wheel) and recording installed projects.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from longshore.layers.location import VENV, Location
from longshore.oci.tar import TarEntry
from longshore.types import Digest
from longshore.wheels.read import Checked, Scheme, Script, WheelEntry, WheelFile
from longshore.wheels.record import RecordRow, content_row, record_row, render_record

INSTALLER: Final = b"longshore\n"
SHEBANG: Final = f"#!/{VENV}/bin/python".encode("ascii")
"""Run by the kernel itself: no shell, no spaces, shorter than any limit."""

_PYTHON = re.compile(rb"#!pythonw?(?=[\s]|$)")
_OURS = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"})
_LAUNCHER = """\
import sys
from {module} import {name}
if __name__ == "__main__":
    sys.exit({attribute}())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """A file of a wheel and its path in the image."""

    path: str
    entry: WheelEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledWheel:
    """A wheel at its place in the image.

    Args:
        wheel: the open wheel.
        location: where it is installed.
        files: what is copied as it is, sorted by path.
        scripts: path and content of what is generated or gets another first line, sorted.
        digests: the SHA-256 of every file by its name in the archive.
        omitted: paths that another wheel brings; they are recorded and not written.
    """

    wheel: WheelFile
    location: Location
    files: tuple[InstalledFile, ...] = field(repr=False)
    scripts: tuple[tuple[str, bytes], ...] = field(repr=False)
    digests: Mapping[str, Digest] = field(repr=False, hash=False)
    omitted: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.wheel.name} {self.wheel.version}"

    @property
    def key_parts(self) -> tuple[str, ...]:
        """What decides where the wheel's bytes go."""
        place = self.location
        return (
            str(self.wheel.sha256),
            *(place.site, place.scripts, place.headers, place.data),
            *sorted(self.omitted),
        )

    @property
    def sources(self) -> tuple[InstalledFile, ...]:
        """The modules that can be compiled."""
        site = f"{self.location.site}/"
        return tuple(
            file for file in self.files if file.path.endswith(".py") and file.path.startswith(site)
        )

    def contents(self) -> dict[str, Digest]:
        """Return the digest of everything that the wheel brings, by path in the image."""
        found = {file.path: self.digests[file.entry.zip.name] for file in self.files}
        return found | {path: Digest.of(content) for path, content in self.scripts}

    def without(self, omitted: frozenset[str]) -> "InstalledWheel":
        """Return the wheel without some of its paths."""
        return replace(
            self,
            files=tuple(file for file in self.files if file.path not in omitted),
            omitted=omitted,
        )

    def written(self, bytecode: Iterable[str]) -> Iterator[tuple[TarEntry, bytes]]:
        """Yield what installing writes beside the wheel's own files: scripts, INSTALLER, RECORD.

        Args:
            bytecode: paths in the image of what was compiled; they are recorded without a hash,
                as they may be made again.
        """
        folder = f"{self.location.site}/{self.wheel.dist_info}"
        for path, content in self.scripts:
            if path not in self.omitted:
                yield TarEntry.file(path, len(content), executable=True), content
        yield TarEntry.file(f"{folder}/INSTALLER", len(INSTALLER)), INSTALLER
        record = self._record(f"{folder}/RECORD", f"{folder}/INSTALLER", bytecode)
        yield TarEntry.file(f"{folder}/RECORD", len(record)), record

    def _record(self, record: str, installer: str, bytecode: Iterable[str]) -> bytes:
        site = f"{self.location.site}/"

        def relative(path: str) -> str:
            inside = path.removeprefix(site)
            return inside if inside != path else posixpath.relpath(path, site)

        sizes = {entry.zip.name: entry.zip.size for entry in self.wheel.entries}
        placed = _place(self.wheel, self.location, skip={path for path, _ in self.scripts})
        rows = [
            record_row(
                relative(file.path),
                self.digests[file.entry.zip.name],
                sizes[file.entry.zip.name],
            )
            for file in placed
        ]
        rows += [content_row(relative(path), content) for path, content in self.scripts]
        rows += [RecordRow(path=relative(path)) for path in bytecode]
        rows += [content_row(relative(installer), INSTALLER), RecordRow(path=relative(record))]
        return render_record(rows)


def install_wheel(wheel: WheelFile, checked: Checked, location: Location) -> InstalledWheel:
    """Tell what installing a wheel at a place comes to.

    Bytecode that the wheel ships is left out: only the base's own interpreter writes any. So are
    the files that an installer owns.
    """
    scripts = dict(_rewritten(wheel, location))
    scripts |= {f"{location.scripts}/{s.name}": launcher(s) for s in wheel.scripts}
    return InstalledWheel(
        wheel=wheel,
        location=location,
        files=tuple(_place(wheel, location, skip=set(scripts))),
        scripts=tuple(sorted(scripts.items())),
        digests=checked.digests,
    )


def launcher(script: Script) -> bytes:
    """Return the content of a console script."""
    text = _LAUNCHER.format(
        module=script.module,
        name=script.attribute.partition(".")[0],
        attribute=script.attribute,
    )
    return SHEBANG + b"\n" + text.encode("utf-8")


def _place(wheel: WheelFile, location: Location, skip: set[str]) -> list[InstalledFile]:
    ours = {f"{wheel.dist_info}/{name}" for name in _OURS}
    files = []
    for entry in wheel.entries:
        name = entry.zip.name
        if name in ours or (name.endswith(".pyc") and "/__pycache__/" in f"/{name}"):
            continue
        folder = location.folder(entry.scheme)
        if entry.scheme is Scheme.HEADERS:
            folder = f"{folder}/{wheel.name}"
        path = f"{folder}/{entry.path}"
        if path not in skip:
            files.append(InstalledFile(path=path, entry=entry))
    return sorted(files, key=lambda file: file.path)


def _rewritten(wheel: WheelFile, location: Location) -> Iterator[tuple[str, bytes]]:
    """Yield the scripts whose first line asks for whatever Python they are installed with."""
    for entry in wheel.entries:
        if entry.scheme is not Scheme.SCRIPTS:
            continue
        start = next(wheel.archive.content(entry.zip), b"")
        match = _PYTHON.match(start)
        if match is not None:
            rest = wheel.archive.read(entry.zip)[match.end() :]
            yield f"{location.scripts}/{entry.path}", SHEBANG + rest
