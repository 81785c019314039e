"""Run another process in our place: forward signals to it, exit with its code."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING, Final

from longshore_runtime.errors import ConfigError

if TYPE_CHECKING:
    from types import FrameType

FORWARDED: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGWINCH,
)
SIGNAL_BASE: Final = 128


def run_command(command: tuple[str, ...]) -> int:
    """Run the command until it ends; returns its code, or 128 + the signal that ended it.

    Raises:
        ConfigError: the command does not exist or cannot be run.
    """
    try:
        child = subprocess.Popen(command)
    except OSError as error:
        msg = f"cannot run {command[0]!r}: {error.strerror}"
        raise ConfigError(
            msg,
            hint="name an executable file or a command on PATH",
        ) from error

    def forward(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- the handler's signature
        child.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)
    code = child.wait()
    return SIGNAL_BASE - code if code < 0 else code
