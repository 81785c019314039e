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
# A repository's own configuration may name programs to run; none of them is needed to read it. And
# files that are tracked may look like a repository with a configuration of its own.
_OVERRIDES = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.bareRepository=explicit"),
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # an object that is missing is not fetched: that runs programs
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_UNTRUSTED = frozenset({b"local", b"worktree"})
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
    changes = _changes(root)
    others = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    revision = head.decode("ascii") or None
    return Checkout(
        paths=paths,
        revision=revision,
        dirty=revision is not None and changes,
        untracked=tuple(sorted(os.fsdecode(name) for name in others.split(b"\0") if name)),
    )


def describe(root: Path) -> str | None:
    """Return the commit with the nearest tag before it, or ``None`` before the first commit.

    ``v1.2-3-g<commit>``, or ``0-<count>-g<commit>`` where no tag has a digit. The commit is whole:
    how much of it would be unambiguous depends on what else is in the repository.
    """
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD", may_fail=True).strip()
    if not head:
        return None
    tags = ("--tags", "--long", "--abbrev=40", "--match", "*[0-9]*")
    found = _git(root, "describe", *tags, may_fail=True).decode("utf-8", "replace").strip()
    if found:
        return found
    count = _git(root, "rev-list", "--count", "HEAD").decode("ascii").strip()
    return f"0-{count}-g{head.decode('ascii')}"


def _changes(root: Path) -> bool:
    """Tell whether tracked files differ from the commit, in submodules too.

    Each repository is asked by itself: its own configuration names the filters to keep off.
    """
    status = ("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty")
    if _git(root, *status, "--", ".", options=tuple(_without_filters(root))):
        return True
    entries = _git(root, "ls-files", "--stage", "-z", "--", ".").split(b"\0")
    links = (entry.partition(b"\t")[2] for entry in entries if entry.startswith(_GITLINK))
    return any(_changes(root / os.fsdecode(name)) for name in links)


def _without_filters(root: Path) -> Iterator[str]:
    """Yield options that switch off the filters of a repository's own configuration.

    They are programs that git would run on a file whose time has changed (gitattributes(5)). Those
    of the user's own configuration stay: large files are stored by one.
    """
    pattern = r"^filter\..*\.(clean|process|required)$"
    listed = _git(
        *(root, "config", "--show-scope", "--includes", "-z", "--get-regexp", pattern),
        may_fail=True,
    ).split(b"\0")
    # By turns a scope, and a name with its value in the next line.
    for scope, setting in zip(listed[::2], listed[1::2], strict=False):
        if scope in _UNTRUSTED:
            name = os.fsdecode(setting.partition(b"\n")[0])
            filtered = name.rpartition(".")[0]
            if "=" in filtered:  # such a name can't be given on a command line
                msg = f"{root}: the repository's own configuration has the setting {name!r}"
                raise ProjectError(msg, hint=f"remove it: 'git config --unset {name}'")
            yield from ("-c", f"{filtered}.clean=", "-c", f"{filtered}.process=")
            yield from ("-c", f"{filtered}.required=false")


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


def _git(
    root: Path, *arguments: str, options: tuple[str, ...] = (), may_fail: bool = False
) -> bytes:
    program = shutil.which("git")
    if program is None:
        msg = f"{root}: a git work tree, but git is not installed"
        raise ProjectError(msg, hint="install git: it tells which files belong to the project")
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= _ENVIRONMENT
    try:
        done = subprocess.run(
            [program, *_OVERRIDES, *options, *arguments],
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
