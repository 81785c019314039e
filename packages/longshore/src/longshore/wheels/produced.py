"""Open what a command of the sandbox left behind; it is not trusted, so nothing is followed."""

import errno
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import IO

from longshore.errors import WheelError
from longshore.types import NormalizedName, parse_name

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._]*[A-Za-z0-9])?")  # as in file names of wheels


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


def open_wheel(
    folder: Path, filename: str, *, subject: str, name: NormalizedName, hint: str
) -> IO[bytes]:
    """Open the file that a backend says is the wheel, and check that it is one of a distribution.

    Args:
        folder: which the backend could write to.
        filename: as the backend said it.
        subject: what was built, for messages.
        name: of the distribution.
        hint: what to do where it is a wheel of something else.

    Raises:
        WheelError: if there is no such file, or it is something else.
    """
    try:
        file = open_produced(folder, filename)
    except OSError as error:
        raise _no_wheel(subject, filename) from error
    if not filename.endswith(".whl") or not zipfile.is_zipfile(file):
        file.close()
        raise _no_wheel(subject, filename)
    file.seek(0)
    found = filename.split("-", maxsplit=1)[0]
    if _NAME.fullmatch(found) is None or parse_name(found) != name:
        file.close()
        msg = f"{subject}: the build backend gave a wheel of {found!r}"
        raise WheelError(msg, hint=hint)
    return file


def _no_wheel(subject: str, filename: str) -> WheelError:
    msg = f"{subject}: the build backend gave {filename!r}, which is not a wheel"
    return WheelError(msg, hint="check that its hooks follow PEP 517")
