"""The source tree of a project: what is tracked, and in which state."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from longshore.types.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SourceFile:
    """One regular file or symbolic link.

    ``mode`` is normalised: ``0o644``, ``0o755`` or ``0o120000`` for a link (as git stores them);
    ``sha256`` is of the content, for a link of its target.
    """

    path: PurePosixPath
    mode: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """A snapshot of a project's files, sorted by path.

    Args:
        root: the absolute folder that the paths are relative to.
        files: sorted by path, no duplicates.
        revision: the commit, or ``None`` outside a version control system.
        dirty: whether tracked files differ from that commit.
        untracked: Python files that the version control system would track but does not; they
            are no part of the project, which surprises people.
        left_out: tracked files with settings (``.env``): nothing of them is ever shipped.
    """

    root: Path
    files: tuple[SourceFile, ...]
    revision: str | None
    dirty: bool
    untracked: tuple[PurePosixPath, ...] = ()
    left_out: tuple[PurePosixPath, ...] = ()

    def __post_init__(self) -> None:
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)):
            msg = "the files of a source tree must be sorted by path and unique"
            raise ValueError(msg)

    @property
    def digest(self) -> Digest:
        """A digest of every path, mode and content; independent of the root and the revision."""
        lines = (f"{file.mode:06o} {file.sha256} {file.path}\n" for file in self.files)
        return Digest.of_chunks(line.encode("utf-8", "surrogateescape") for line in lines)
