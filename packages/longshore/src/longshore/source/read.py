"""Takes the snapshot of a project's files that everything else works from."""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable
from functools import cache, partial
from pathlib import Path, PurePosixPath

from longshore.errors import ProjectError
from longshore.source.git import read_checkout
from longshore.source.secrets import is_environment_file, secret_kind
from longshore.source.walk import walk
from longshore.types import Digest, SourceFile, SourceTree

FILE_MODE = 0o644
PROGRAM_MODE = 0o755
LINK_MODE = 0o120000

_CHUNK = 1 << 20
_HEAD = 8 << 10
_SHOWN = 20


def read_source(root: Path, *, exclude: Collection[Path] = ()) -> SourceTree:
    """Take a snapshot of the tracked files below a folder, as they are in the work tree.

    What is tracked but deleted is left out; what is new counts from ``git add`` on. A folder
    without git, or in which git tracks nothing, gives all files but caches, environments and
    ``.env``; a ``.env`` that git tracks is left out, too.

    Args:
        root: the folder.
        exclude: absolute folders below it that are not part of it.

    Raises:
        ProjectError: with every file that can't be read, leaves the folder through a link, or
            looks like a secret; or if git can't answer.
    """
    root = root.absolute()
    checkout = read_checkout(root)
    names = walk(root) if checkout is None else checkout.paths
    outside = {PurePosixPath(folder.relative_to(root)) for folder in exclude}
    paths = [path for path in map(PurePosixPath, names) if outside.isdisjoint(path.parents)]
    reachable = _reachable(root, paths)
    paths = [path for path in reachable if not is_environment_file(path.name)]
    _refuse_secrets(root, paths)
    return SourceTree(
        root=root,
        files=_read_files(root, paths),
        revision=checkout.revision if checkout else None,
        dirty=checkout.dirty if checkout else False,
        untracked=tuple(
            path
            for path in map(PurePosixPath, checkout.untracked if checkout else ())
            if path.suffix == ".py" and outside.isdisjoint(path.parents)
        ),
        left_out=tuple(sorted(set(reachable) - set(paths))),
    )


def _reachable(root: Path, paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Leave out what is behind a link: git tracks nothing there, so it is gone from its place."""

    @cache
    def is_behind_link(folder: PurePosixPath) -> bool:
        if folder == folder.parent:
            return False
        return is_behind_link(folder.parent) or (root / folder).is_symlink()

    return [path for path in paths if not is_behind_link(path.parent)]


def _refuse_secrets(root: Path, paths: Iterable[PurePosixPath]) -> None:
    found = [
        f"{path}: {kind}"
        for path in sorted(paths)
        if (kind := secret_kind(path, partial(_head, root / path)))
    ]
    if found:
        msg = f"{_files(len(found))} that would be shipped look like secrets"
        if len(found) == 1:
            msg = "1 file that would be shipped looks like a secret"
        hint = "take them out with 'git rm --cached FILE', or rename what is no secret"
        raise ProjectError(msg, context=_shorten(found), hint=hint)


def _read_files(root: Path, paths: Iterable[PurePosixPath]) -> tuple[SourceFile, ...]:
    files: list[SourceFile] = []
    problems: list[str] = []
    for path in sorted(paths):
        try:
            file = _read_file(root, path)
        except (FileNotFoundError, NotADirectoryError):
            continue  # deleted in the work tree, or while we look
        except OSError as error:
            problems.append(f"{path}: can't be read: {(error.strerror or str(error)).lower()}")
            continue
        except _LeavesRootError as error:
            problems.append(f"{path}: {error}")
            continue
        if file is not None:
            files.append(file)
    if problems:
        msg = f"{_files(len(problems))} of {root} can't be shipped"
        hint = "check owner and permissions; replace links that leave the project by copies"
        raise ProjectError(msg, context=_shorten(problems), hint=hint)
    return tuple(files)


class _LeavesRootError(Exception):
    """A link points out of the project."""


def _read_file(root: Path, path: PurePosixPath) -> SourceFile | None:
    place = root / path
    status = place.lstat()
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(place)  # noqa: PTH115 - as written: a path would be normalised
        _check_link(path, target)
        digest = Digest.of(os.fsencode(target))
        return SourceFile(path=path, mode=LINK_MODE, sha256=digest)
    if not stat.S_ISREG(status.st_mode):
        return None  # a folder, socket or pipe took the place of the file
    mode = PROGRAM_MODE if status.st_mode & stat.S_IXUSR else FILE_MODE
    return SourceFile(path=path, mode=mode, sha256=_hash(place))


def _check_link(path: PurePosixPath, target: str) -> None:
    # Lexical: folders on the way are no links, because git tracks nothing behind one.
    joined = os.path.normpath(path.parent / target)
    if target.startswith("/") or joined == ".." or joined.startswith("../"):
        msg = f"a link that leaves the project, to {target!r}"
        raise _LeavesRootError(msg)


def _hash(path: Path) -> Digest:
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return Digest("sha256", state.hexdigest())


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""  # reported, if it matters, when the file is read


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _shorten(lines: list[str]) -> list[str]:
    rest = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"and {rest} more"] if rest > 0 else lines
