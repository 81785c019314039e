"""Locks of unpacked trees: whoever uses one shares it, and only what nobody uses is removed.

The lock is a file beside the tree (``flock(2)``), which ends with the process that holds it. Only
the standard library is imported: every supervisor of a running process does this first.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock_path(tree: Path) -> Path:
    """Return the file that stands for a tree; it is never removed while somebody may wait on it."""
    return tree.with_name(f"{tree.name}.lock")


def share(tree: Path) -> int:
    """Wait until nobody removes a tree, and keep it; closing the descriptor lets go of it."""
    handle = os.open(lock_path(tree), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


@contextmanager
def hold(tree: Path) -> Iterator[None]:
    """Keep a tree from being removed meanwhile."""
    handle = share(tree)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def exclusive(tree: Path) -> Iterator[bool]:
    """Tell whether nobody else uses a tree; if so, nobody begins to meanwhile."""
    with lock_path(tree).open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
