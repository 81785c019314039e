"""What a command made: found in its folder, kept in the cache, fit for an image.

The folder was written by a command that is not trusted: links are never followed.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from longshore.config import AssetConfig
from longshore.errors import ProjectError
from longshore.layers.files import PlainFile
from longshore.oci.blobs import CHUNK, BlobStore
from longshore.oci.tar import parents
from longshore.source.secrets import secret_kind
from longshore.types import Digest

_LINK = 0o120000
_HEAD = 1 << 16
_WORKERS = 8
_SHOWN = 80
DOCS = "how-to/build-assets.md"


def collect_outputs(
    folder: Path, entry: AssetConfig, *, known: Iterable[str], location: str, blobs: BlobStore
) -> tuple[PlainFile, ...]:
    """Store what a command made and return it, sorted by path.

    Args:
        folder: the command's working directory, as the command left it.
        entry: the command.
        known: the names at the top of that folder that were there before.
        location: where the command is written down.
        blobs: keeps the content.

    Raises:
        ProjectError: if an output is missing, empty, no file, not readable, or looks like a secret.
    """
    try:
        _require(folder, entry, known, location)
        paths = sorted({path for output in entry.outputs for path in _walk(folder, output)})
        with ThreadPoolExecutor(_WORKERS) as pool:  # the store waits for the disk, file by file
            return tuple(pool.map(lambda path: _store(folder, path, blobs, location), paths))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        msg = f"{location}: an output of the command can't be read: {reason}"
        raise ProjectError(msg) from error


def _require(folder: Path, entry: AssetConfig, known: Iterable[str], location: str) -> None:
    missing = [output for output in entry.outputs if not _has_files(folder, output)]
    if missing:
        names = ", ".join(repr(str(output)) for output in missing)
        msg = f"{location}: the command {show(entry.command)!r} made no {names}"
        raise ProjectError(msg, hint=_other_names(folder, known), docs=DOCS)


def _has_files(folder: Path, output: PurePosixPath) -> bool:
    return next(_walk(folder, output), None) is not None


def _walk(folder: Path, output: PurePosixPath) -> Iterator[str]:
    """Yield the paths of an output's files and links; nothing behind a link."""
    place = folder
    for part in output.parts[:-1]:
        place /= part
        if place.is_symlink():
            return
    place /= output.name
    if not place.is_symlink() and place.is_dir():
        for parent, folders, names in os.walk(place, onerror=_refuse):
            links = [name for name in folders if Path(parent, name).is_symlink()]
            for name in (*names, *links):
                yield Path(parent, name).relative_to(folder).as_posix()
    elif os.path.lexists(place):
        yield str(output)


def _refuse(error: OSError) -> None:
    raise error


def _other_names(folder: Path, known: Iterable[str]) -> str | None:
    """Say what else appeared: often the output under its real name."""
    before = {".longshore", ".venv", *known}
    made = sorted(path.name for path in folder.iterdir() if path.name not in before)
    if not made:
        return "outputs are relative to the project's root, where the command runs"
    return f"it made {', '.join(map(repr, made))}: name what the image should have in outputs"


def _store(folder: Path, path: str, blobs: BlobStore, location: str) -> PlainFile:
    place = folder / path
    mode = place.lstat().st_mode
    target = os.fsencode(place.readlink()) if stat.S_ISLNK(mode) else b""
    if not _is_text(os.fsencode(path)) or not _is_text(target):
        msg = f"{location}: the name of the output {path!r} is not UTF-8"
        raise ProjectError(msg)
    if stat.S_ISLNK(mode):
        stored = blobs.put([target])
        made = _plain(path, _LINK, stored.size, stored.digest, target)
        made.entry()  # refuses one that leaves the root
        return made
    if not stat.S_ISREG(mode):
        msg = f"{location}: the output {path!r} is no file, folder or link"
        raise ProjectError(msg)
    kind = secret_kind(PurePosixPath(path), lambda: _head(place))
    if kind is not None:
        msg = f"{location}: the output {path!r} looks like {kind}"
        raise ProjectError(msg, hint="keep it out of what outputs names")
    digest = Digest.of_chunks(_chunks(place))
    if blobs.verified(digest) is None:
        blobs.put(_chunks(place), expected=digest)
    normal = 0o755 if mode & stat.S_IXUSR else 0o644
    return _plain(path, normal, place.stat().st_size, digest, blobs.path(digest))


def _chunks(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _is_text(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain(path: str, mode: int, size: int, digest: Digest, source: Path | bytes) -> PlainFile:
    return PlainFile(path=path, mode=mode, size=size, sha256=digest, source=source)


def _head(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_HEAD)


def render_outputs(made: Iterable[PlainFile]) -> bytes:
    """Return a memo of outputs whose content is in the blob store."""
    return json.dumps([[one.path, one.mode, one.size, str(one.sha256)] for one in made]).encode()


def recall_outputs(memo: bytes, blobs: BlobStore) -> tuple[PlainFile, ...] | None:
    """Return the outputs of a memo, or ``None`` where the store lacks one of them."""
    found = []
    for path, mode, size, text in json.loads(memo):
        digest = Digest.parse(text)
        place = blobs.verified(digest)
        if place is None:
            return None
        source = place.read_bytes() if mode == _LINK else place
        found.append(_plain(path, mode, size, digest, source))
    return tuple(found)


def leave_out_shipped(
    made: Sequence[PlainFile], shipped: Iterable[PlainFile], *, location: str
) -> tuple[PlainFile, ...]:
    """Return the outputs that are not in the image already.

    Raises:
        ProjectError: if an output and a file of the project have one path and differ.
    """
    known = {file.path: file for file in shipped}
    folders = {folder for path in known for folder in parents(path)}
    clashes = [
        file.path
        for file in made
        if _differs(file, known.get(file.path))
        or file.path in folders
        or any(folder in known for folder in parents(file.path))
    ]
    if clashes:
        msg = f"{location}: the output {clashes[0]!r} is also a file of the project, and differs"
        raise ProjectError(
            msg,
            context=[f"so is {path!r}" for path in clashes[1:]],
            hint="have the command write to a folder of its own, or take the file out of git",
            docs=DOCS,
        )
    return tuple(file for file in made if file.path not in known)


def _differs(made: PlainFile, shipped: PlainFile | None) -> bool:
    return shipped is not None and (made.mode, made.sha256) != (shipped.mode, shipped.sha256)


def show(command: Sequence[str]) -> str:
    """Return a command as messages show it: on one line, and not too long."""
    text = " ".join(" ".join(command).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
