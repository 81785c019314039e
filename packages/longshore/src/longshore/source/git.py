"""What git knows about a folder; git is run with a clean environment and without hooks."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from longshore.errors import ProjectError

_GITLINK = b"160000"
_SECONDS = 120
# A repository's own configuration may name programs to run; none of them is needed to read it.
_OVERRIDES = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_INHERITED = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The state of a work tree below a folder.

    Args:
        paths: what is tracked, relative to the folder, as the file system names it.
        revision: the commit that is checked out, or ``None`` before the first one.
        dirty: whether tracked files differ from it.
        untracked: files that are neither tracked nor ignored.
    """

    paths: tuple[str, ...]
    revision: str | None
    dirty: bool
    untracked: tuple[str, ...] = ()


def find_repository(root: Path) -> Path | None:
    """Return the nearest folder, from ``root`` upwards, that is a git work tree."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def read_checkout(root: Path) -> Checkout | None:
    """Return what git tracks below a folder, or ``None`` where it tracks nothing there.

    Raises:
        ProjectError: if git is missing or refuses, a merge is not finished, or a submodule is not
            checked out.
    """
    if find_repository(root) is None:
        return None
    paths = tuple(sorted(_tracked(root, "")))
    if not paths:
        return None
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD", may_fail=True).strip()
    changes = _git(root, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".")
    others = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    revision = head.decode("ascii") or None
    return Checkout(
        paths=paths,
        revision=revision,
        dirty=revision is not None and bool(changes),
        untracked=tuple(sorted(os.fsdecode(name) for name in others.split(b"\0") if name)),
    )


def _tracked(root: Path, prefix: str) -> Iterator[str]:
    """Yield tracked paths, those of submodules included."""
    for entry in _git(root, "ls-files", "--stage", "-z", "--", ".").split(b"\0"):
        if not entry:
            continue
        header, _, name = entry.partition(b"\t")
        mode, _, stage = header.split(b" ")
        path = os.fsdecode(name)
        if stage != b"0":
            msg = f"{prefix}{path}: has merge conflicts"
            raise ProjectError(msg, hint="finish the merge, then 'git add' the file")
        if mode != _GITLINK:
            yield prefix + path
        elif (root / path / ".git").exists():
            yield from _tracked(root / path, f"{prefix}{path}/")
        else:
            msg = f"{prefix}{path}: the submodule is not checked out"
            raise ProjectError(msg, hint="run 'git submodule update --init --recursive'")


def _git(root: Path, *arguments: str, may_fail: bool = False) -> bytes:
    program = shutil.which("git")
    if program is None:
        msg = f"{root}: a git work tree, but git is not installed"
        raise ProjectError(msg, hint="install git: it tells which files belong to the project")
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            [program, *_OVERRIDES, *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{root}: 'git {arguments[0]}' did not answer within {_SECONDS} seconds"
        raise ProjectError(msg, hint="see whether 'git status' works there") from error
    if done.returncode != 0 and not may_fail:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        msg = f"{root}: 'git {arguments[0]}' failed with exit code {done.returncode}"
        raise ProjectError(msg, context=said[:10], hint="see whether 'git status' works there")
    return done.stdout
