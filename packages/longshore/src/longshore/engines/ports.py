"""Ports of the loopback interface: which are free, and who has one that is not."""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from longshore.errors import PreflightError

LOOPBACK = "127.0.0.1"
_PROC = Path("/proc")
_LISTEN = "0A"  # net/tcp_states.h: TCP_LISTEN
_LOCAL, _STATE, _INODE = 1, 3, 9  # columns of /proc/net/tcp


def is_free(port: int) -> bool:
    """Tell whether a server could listen on 127.0.0.1 at that port now.

    Raises:
        PreflightError: if this user may not bind it at all.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier one that linger (TIME_WAIT) are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            msg = f"port {port}: can't listen on {LOOPBACK}: {(error.strerror or '').lower()}"
            raise PreflightError(msg, hint="choose a port above 1023 with --port") from error
    return True


def find_free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def find_holder(port: int) -> str | None:
    """Return who listens on a port, ``nginx (pid 812)``, or ``None`` where that is not visible."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if process.name.isdecimal() and not inodes.isdisjoint(_open_files(process)):
            with suppress(OSError):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} (pid {process.name})"
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            local = int(fields[_LOCAL].rpartition(":")[2], 16)
            if local == port and fields[_STATE] == _LISTEN:
                yield fields[_INODE]


def _open_files(process: Path) -> Iterator[str]:
    with suppress(OSError):  # it has ended, or belongs to somebody else
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())
