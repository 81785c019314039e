"""What is in an unpacked base: every path, its layer, and enough to notice a change."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from longshore.base.debian.assemble import OS
from longshore.base.interface import Interpreter
from longshore.oci.tar import EPOCH, EntryKind, TarEntry, parents
from longshore.types import PythonVersion

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of an unpacked base: entries sorted by path, each with its layer's name."""

    interpreter: Interpreter
    entries: tuple[tuple[TarEntry, str], ...]

    def layer(self, name: str) -> Iterator[TarEntry]:
        """Yield the entries of one layer, sorted, each after the folders above it."""
        folders = {
            entry.path: entry for entry, _ in self.entries if entry.kind is EntryKind.DIRECTORY
        }
        emitted: set[str] = set()
        for entry, owner in self.entries:
            if owner != name:
                continue
            for parent in parents(entry.path):
                if parent not in emitted:
                    emitted.add(parent)
                    yield folders[parent]
            if entry.path not in emitted:
                emitted.add(entry.path)
                yield entry

    def matches(self, root: Path) -> bool:
        """Tell whether a folder still is what was unpacked: kinds, sizes, modes and times."""
        top = str(root)
        return all(_is_unchanged(f"{top}/{entry.path}", entry) for entry, _ in self.entries)


def scan(root: Path, owners: Mapping[str, str], interpreter: Interpreter) -> Manifest:
    """Return the manifest of a freshly assembled root."""
    entries = []
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            place = Path(folder) / name
            path = place.relative_to(root).as_posix()
            entries.append((_entry(place, path), owners.get(path, OS)))
    entries.sort(key=lambda pair: pair[0].path)
    return Manifest(interpreter=interpreter, entries=tuple(entries))


def render_manifest(manifest: Manifest) -> str:
    """Return the manifest as JSON."""
    interpreter = asdict(manifest.interpreter)
    interpreter["path"] = str(manifest.interpreter.path)
    interpreter["version"] = str(manifest.interpreter.version)
    rows = [
        [entry.path, entry.kind.name, entry.mode, entry.size, entry.target, layer]
        for entry, layer in manifest.entries
    ]
    document = {"format": FORMAT, "interpreter": interpreter, "entries": rows}
    return json.dumps(document, ensure_ascii=True)


def parse_manifest(text: str) -> Manifest:
    """Parse what ``render_manifest`` wrote.

    Raises:
        ValueError: for anything else, an older format included.
    """
    document = json.loads(text)
    try:
        if document["format"] != FORMAT:
            msg = f"expected format {FORMAT}, got {document['format']!r}"
            raise ValueError(msg)
        entries = tuple(
            (TarEntry(path=path, kind=EntryKind[kind], mode=mode, size=size, target=target), layer)
            for path, kind, mode, size, target, layer in document["entries"]
        )
        return Manifest(interpreter=parse_interpreter(document["interpreter"]), entries=entries)
    except (KeyError, TypeError) as error:
        msg = f"not a manifest: {error!r}"
        raise ValueError(msg) from error


def parse_interpreter(document: Mapping[str, str]) -> Interpreter:
    """Return an interpreter from its JSON object."""
    return Interpreter(
        path=PurePosixPath(document["path"]),
        version=PythonVersion.parse(document["version"]),
        magic=document["magic"],
        soabi=document["soabi"],
    )


def _entry(place: Path, path: str) -> TarEntry:
    found = place.lstat()
    if stat.S_ISLNK(found.st_mode):
        return TarEntry.symlink(path, str(place.readlink()))
    if stat.S_ISDIR(found.st_mode):
        return TarEntry.directory(path, stat.S_IMODE(found.st_mode))
    return TarEntry.file(path, found.st_size, executable=bool(found.st_mode & 0o111))


def _is_unchanged(place: str, entry: TarEntry) -> bool:
    try:
        found = os.lstat(place)  # thousands of them: `pathlib` would take three times as long
        match entry.kind:
            case EntryKind.SYMLINK:
                return stat.S_ISLNK(found.st_mode) and os.readlink(place) == entry.target  # noqa: PTH115 - as above
            case EntryKind.DIRECTORY:
                return stat.S_ISDIR(found.st_mode)
            case EntryKind.FILE:
                same = (found.st_size, int(found.st_mtime)) == (entry.size, EPOCH)
                return same and found.st_mode == stat.S_IFREG | entry.mode
    except OSError:
        return False
