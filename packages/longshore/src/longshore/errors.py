"""The one exception root, its families, and the exit codes of the command line.

A family says what the caller can do about it, so it also decides the exit code. Messages are
lower case without a full stop: *what*, *where*; what to do about it goes into ``hint``.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from longshore.types.finding import Finding


class ExitCode(IntEnum):
    """What the process returns; the numbers are part of the public interface."""

    OK = 0
    NEGATIVE = 1
    USAGE = 2
    PROJECT = 3
    WHEEL = 4
    REGISTRY = 5
    SUPPLY_CHAIN = 6
    PREFLIGHT = 7
    DEPLOY_FAILED = 8
    ROLLED_BACK = 9
    ROLLBACK_FAILED = 10
    LOCKED = 11
    HELD = 12
    BUG = 70
    INTERRUPTED = 130


class LongshoreError(Exception):
    """Something that stopped the work and that the user can read about.

    Args:
        message: what is wrong and where, one line, lower case, no full stop.
        context: further lines that help to see it (the last log lines, the failing command).
        hint: what to do about it, one line.
        docs: a page of the documentation, relative to its root.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(
        self,
        message: str,
        *,
        context: Sequence[str] = (),
        hint: str | None = None,
        docs: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.context = tuple(context)
        self.hint = hint
        self.docs = docs

    def __str__(self) -> str:
        return self.message


class UsageError(LongshoreError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = ExitCode.USAGE


class ConfigError(LongshoreError):
    """``[tool.longshore]`` or ``longshore.toml`` is wrong; carries every problem of the file."""

    exit_code = ExitCode.USAGE

    def __init__(
        self,
        message: str,
        *,
        findings: Sequence["Finding"] = (),
        context: Sequence[str] = (),
        hint: str | None = None,
        docs: str | None = None,
    ) -> None:
        super().__init__(message, context=context, hint=hint, docs=docs)
        self.findings = tuple(findings)


class ProjectError(LongshoreError):
    """The project itself can't be read or shipped: no project, no process, a bad source file."""

    exit_code = ExitCode.PROJECT


class LockError(ProjectError):
    """A lock is missing, stale, unreadable or has no hash for something."""


class WheelError(LongshoreError):
    """A wheel is missing for the target, can't be built, or its content is not acceptable."""

    exit_code = ExitCode.WHEEL


class TransportError(LongshoreError):
    """A server (index, mirror, registry) can't be reached or answers with an error.

    ``status`` is the HTTP status, or ``None`` where no answer came.
    """

    exit_code = ExitCode.REGISTRY

    def __init__(  # the one family that carries a status code
        self,
        message: str,
        *,
        status: int | None = None,
        context: Sequence[str] = (),
        hint: str | None = None,
        docs: str | None = None,
    ) -> None:
        super().__init__(message, context=context, hint=hint, docs=docs)
        self.status = status


class SupplyChainError(LongshoreError):
    """Bytes are not what was signed or locked: a bad signature, a wrong digest."""

    exit_code = ExitCode.SUPPLY_CHAIN


class PreflightError(LongshoreError):
    """The machine or the target lacks something: an engine, namespaces, a port, disk space."""

    exit_code = ExitCode.PREFLIGHT


class DeployError(LongshoreError):
    """The new version was started and did not come up."""

    exit_code = ExitCode.DEPLOY_FAILED
