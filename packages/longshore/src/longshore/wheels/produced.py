"""Open what a command of the sandbox left behind; it is not trusted, so nothing is followed."""

import errno
import os
import stat
from pathlib import Path
from typing import IO


def open_produced(folder: Path, name: str) -> IO[bytes]:
    """Open a regular file that lies directly in a folder which a command could write to.

    A link would read a file of the host, and a pipe would never end.

    Args:
        folder: of the host; the command is no longer running.
        name: as the command said it.

    Raises:
        OSError: if there is no such file, or it is something else.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise OSError(errno.EINVAL, "not the name of a file", name)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(folder / name, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return os.fdopen(handle, "rb")
