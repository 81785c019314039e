"""Plain files of an image: an application's source where there is no build system, and includes."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, Self

from longshore.errors import ProjectError
from longshore.layers.fragment import Entries, EntriesFragment
from longshore.layers.key import layer_key
from longshore.layers.location import APPLICATION, RESERVED
from longshore.oci.blobs import CHUNK
from longshore.oci.layer import Encoder
from longshore.oci.tar import TarEntry, check_path
from longshore.types import Digest, SourceFile

_LINK: Final = 0o120000
USER: Final = 65532
"""Numeric user and group that processes run as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFile:
    """A file or symbolic link below the application's root.

    Args:
        path: relative to the application's root.
        mode: ``0o644``, ``0o755``, or ``0o120000`` for a link (as git stores them).
        size: bytes of content.
        sha256: of the content; of a link, of its target.
        source: where the content is, or the content itself; of a link, its target.

    Raises:
        ValueError: if the path leaves the root or is one that Longshore itself writes.
    """

    path: str
    mode: int
    size: int
    sha256: Digest
    source: Path | bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_path(self.path)
        whole = f"{APPLICATION}/{self.path}/"
        if any(whole.startswith(f"{place}/") for place in RESERVED):
            msg = f"{self.path!r}: Longshore writes this place itself"
            raise ValueError(msg)

    @classmethod
    def of_bytes(cls, path: str, content: bytes, *, executable: bool = False) -> Self:
        """Return a file whose content is at hand."""
        return cls(
            path=path,
            mode=0o755 if executable else 0o644,
            size=len(content),
            sha256=Digest.of(content),
            source=content,
        )

    @classmethod
    def of_source(cls, file: SourceFile, root: Path) -> Self:
        """Return a file of a source tree.

        Raises:
            ProjectError: if it can't be read any more.
        """
        place = root / file.path
        try:
            source = str(place.readlink()).encode() if file.mode == _LINK else place
            size = len(source) if isinstance(source, bytes) else place.stat().st_size
        except OSError as error:
            raise _gone(str(file.path), error) from error
        return cls(
            path=str(file.path), mode=file.mode, size=size, sha256=file.sha256, source=source
        )

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == _LINK

    def entry(self) -> TarEntry:
        """Return its tar entry.

        Raises:
            ProjectError: if it is a link that leaves the application's root.
        """
        path = f"{APPLICATION}/{self.path}"
        if not self.is_link:
            return TarEntry.file(path, self.size, executable=bool(self.mode & 0o111))
        target = self.source.decode() if isinstance(self.source, bytes) else ""
        if _leaves(self.path, target):
            msg = f"{self.path}: the link to {target!r} leaves the project"
            raise ProjectError(msg, hint="copy the file into the project, or leave the link out")
        return TarEntry.symlink(path, target)

    def chunks(self) -> Iterator[bytes]:
        """Yield the content; none for a link.

        Raises:
            ProjectError: if the file is not any more what it was when the build began.
        """
        if self.is_link:
            return
        if isinstance(self.source, bytes):
            yield self.source
            return
        state = hashlib.sha256()
        try:
            with self.source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    state.update(chunk)
                    yield chunk
        except OSError as error:
            raise _gone(self.path, error) from error
        if state.hexdigest() != self.sha256.hex:
            msg = f"{self.path}: the file changed while the image was built"
            raise ProjectError(msg, hint="build again")


def files_fragment(files: Iterable[PlainFile], encoder: Encoder) -> EntriesFragment:
    """Return the fragment of some files, sorted by path.

    Raises:
        ProjectError: if a link leaves the application's root.
    """
    ordered = sorted(files, key=lambda file: file.path)
    headers = [file.entry() for file in ordered]

    def entries() -> Entries:
        for header, file in zip(headers, ordered, strict=True):
            yield header, file.chunks()

    parts = (f"{file.mode:o} {file.sha256} {file.path}" for file in ordered)
    return EntriesFragment(
        key=layer_key("files", *parts, encoder.id), entries=entries, encoder=encoder
    )


def folders_fragment(folders: Iterable[PurePosixPath], encoder: Encoder) -> EntriesFragment:
    """Return the fragment of folders that the image's user may write to.

    A volume that is mounted there for the first time takes over the owner.
    """
    paths = sorted({str(folder).strip("/") for folder in folders})
    headers = [TarEntry.directory(path, owner=USER) for path in paths]
    return EntriesFragment(
        key=layer_key("folders", *paths, str(USER), encoder.id),
        entries=lambda: ((header, ()) for header in headers),
        encoder=encoder,
    )


def _leaves(path: str, target: str) -> bool:
    depth = path.count("/")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            return True
    return target.startswith("/")


def _gone(path: str, error: OSError) -> ProjectError:
    return ProjectError(f"{path}: can't be read: {(error.strerror or str(error)).lower()}")
