"""Locks: what the project's own lock and ``longshore.lock`` pin; no sockets, no processes."""

from longshore.locks.interface import (
    Artifact,
    Dependency,
    LockedPackage,
    LockedSet,
    LockFormat,
    PackageSource,
    SourceKind,
)
from longshore.locks.reading import find_lock, no_lock, read_lock
from longshore.locks.selection import Selection

__all__ = [
    "Artifact",
    "Dependency",
    "LockFormat",
    "LockedPackage",
    "LockedSet",
    "PackageSource",
    "Selection",
    "SourceKind",
    "find_lock",
    "no_lock",
    "read_lock",
]
