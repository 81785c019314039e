"""Find a project's lock and read it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from longshore.errors import LockError
from longshore.locks.interface import LockedSet, LockFormat
from longshore.locks.requirements import HashedRequirements
from longshore.locks.uv import UvLock

FORMATS: tuple[LockFormat, ...] = (UvLock(), HashedRequirements())
"""Every format that is understood, best first."""

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def read_lock(root: Path, *, environment: Mapping[str, str] = _NO_VARIABLES) -> LockedSet:
    """Read the lock of a project.

    A lock in the project's own folder goes before that of a workspace around it.

    Args:
        root: the project's folder, absolute.
        environment: for ``${NAME}`` in the options of a requirements file.

    Raises:
        LockError: if there is none, or with everything that is wrong in it.
    """
    found = [(path, form) for form in FORMATS for path in form.candidates(root)]
    found.sort(key=lambda pair: pair[0].parent != root)
    for path, form in found:
        lock = form.read(path, root, environment)
        if lock is not None:
            return lock
    msg = f"{root}: no lock: expected uv.lock, or requirements.txt with hashes"
    raise LockError(
        msg,
        hint="run 'uv lock', or 'pip-compile --generate-hashes', and commit the file",
    )
