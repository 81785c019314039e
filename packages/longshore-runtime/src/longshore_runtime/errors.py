"""What can stop a service from starting, and the exit code that each cause has.

The codes follow BSD ``sysexits.h`` where it has a word for the cause, so that an init system, a
CI job or a person tells a wrong setting (78) from a broken import (70) without reading the log.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """Every exit code of ``longshore-serve`` (a supervised command's own code is passed on)."""

    OK = 0
    """The service drained completely."""
    PARTIAL = 1
    """Requests were cut off, or a stage of the shutdown overran its budget."""
    USAGE = 2
    """The command line is wrong."""
    IMPORT = 70
    """The application could not be imported or is not an application (``EX_SOFTWARE``)."""
    LIFESPAN = 71
    """The application's start-up failed or took too long (``EX_OSERR``)."""
    PORT = 75
    """The port is in use: trying again later may succeed (``EX_TEMPFAIL``)."""
    CONFIG = 78
    """A setting is missing or wrong (``EX_CONFIG``)."""


class ServeError(Exception):
    """A service cannot start; carries what to print and the exit code.

    Args:
        message: what is wrong and where, lower case, without a full stop.
        hint: what to do about it.
        detail: further lines, such as the application's own frames of a traceback.
    """

    code = ExitCode.IMPORT
    kind = "error"

    def __init__(self, message: str, *, hint: str = "", detail: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class ConfigError(ServeError):
    """A setting of the runtime or of the application is missing or wrong."""

    code = ExitCode.CONFIG
    kind = "config"


class ImportFailedError(ServeError):
    """The application cannot be imported, or what was found is not an application."""

    code = ExitCode.IMPORT
    kind = "import"


class LifespanError(ServeError):
    """The application's lifespan start-up failed or did not finish in time."""

    code = ExitCode.LIFESPAN
    kind = "lifespan"


class PortError(ServeError):
    """The address to listen on is taken."""

    code = ExitCode.PORT
    kind = "port"
