"""Find a project's lock and read it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from longshore.errors import LockError
from longshore.locks.foreign import find_foreign
from longshore.locks.interface import LockedSet, LockFormat
from longshore.locks.pylock import PylockToml
from longshore.locks.requirements import HashedRequirements
from longshore.locks.uv import UvLock

FORMATS: tuple[LockFormat, ...] = (UvLock(), PylockToml(), HashedRequirements())
"""Every format that is understood, best first."""

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def find_lock(root: Path, *, environment: Mapping[str, str] = _NO_VARIABLES) -> LockedSet | None:
    """Return the lock of a project, or ``None`` where there is none that can be used.

    In one folder ``uv.lock`` goes before ``pylock.toml``, that before ``requirements.lock`` and
    that before ``requirements.txt``. A lock in the project's own folder goes before that of a
    workspace around it. Requirements without any hash are no lock.

    Args:
        root: the project's folder, absolute.
        environment: for ``${NAME}`` in the options of a requirements file.

    Raises:
        LockError: with everything that is wrong in the lock.
    """
    found = [(path, form) for form in FORMATS for path in form.candidates(root)]
    found.sort(key=lambda pair: pair[0].parent != root)
    for path, form in found:
        lock = form.read(path, root, environment)
        if lock is not None:
            return lock
    return None


def read_lock(root: Path, *, environment: Mapping[str, str] = _NO_VARIABLES) -> LockedSet:
    """Return the lock of a project; see ``find_lock``.

    Raises:
        LockError: if there is none, or with everything that is wrong in it.
    """
    lock = find_lock(root, environment=environment)
    if lock is None:
        raise no_lock(root)
    return lock


def no_lock(root: Path) -> LockError:
    """Return the error for a project without a usable lock, with what is there instead."""
    msg = f"{root}: no lock: expected uv.lock, pylock.toml, or requirements.txt with hashes"
    foreign = find_foreign(root)
    if foreign is not None:
        line = f"{foreign.path.name}: the format of {foreign.tool} is not read"
        hint = f"run `longshore lock`, which keeps its versions, or `{foreign.export}`"
        return LockError(msg, context=[line], hint=hint)
    named = [path.name for path in sorted(root.glob("pylock.*.toml"))]
    if len(named) > 1:
        line = f"{', '.join(named)}: which one is meant?"
        return LockError(msg, context=[line], hint="name the one for the image pylock.toml")
    context = [
        f"{path.name}: has no hashes, so it is no lock"
        for path in HashedRequirements().candidates(root)
    ]
    hint = "run `longshore lock` and commit the file that it writes"
    return LockError(msg, context=context, hint=hint)
