"""Say why a sandbox could not be set up, and what to do about it."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from longshore.errors import PreflightError

SYSCTL = Path("/proc/sys")
_CONTAINER = (
    "inside a container, run it with --security-opt seccomp=unconfined "
    "--security-opt systempaths=unconfined, or as root with --privileged"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The step of the launcher that failed, what it was tried on, and the error number."""

    step: str
    subject: str
    errno: int

    @property
    def reason(self) -> str:
        """The system's words for the error number."""
        return os.strerror(self.errno).lower() if self.errno else "unexpected failure"


_COMMAND_STEPS = {
    "exec": "can't run it",
    "interpreter": "the interpreter or loader that it names is missing",
    "chdir": "can't enter the working directory",
}


def explain(failure: Failure, *, root: Path, sysctl: Path = SYSCTL) -> PreflightError:
    """Turn a launcher's report into the error for the user.

    Args:
        failure: what the launcher said.
        root: the root file system that the command was to run in.
        sysctl: where the kernel's settings are read.
    """
    if failure.step in _COMMAND_STEPS:
        what = _COMMAND_STEPS[failure.step]
        return PreflightError(f"{failure.subject!r} in {root}: {what}: {failure.reason}")
    message = f"sandbox: {failure.step} {failure.subject!r}: {failure.reason}"
    return PreflightError(message, hint=_hint(failure, sysctl))


def _hint(failure: Failure, sysctl: Path) -> str | None:
    """Return what lets unprivileged namespaces work here, as far as the kernel's settings tell."""
    if _setting(sysctl / "user/max_user_namespaces") == "0":
        return "user namespaces are off: set the sysctl user.max_user_namespaces=15000, or be root"
    if _setting(sysctl / "kernel/unprivileged_userns_clone") == "0":
        return "set the sysctl kernel.unprivileged_userns_clone=1, or run as root"
    if failure.errno not in (errno.EPERM, errno.EACCES):
        return None
    if _setting(sysctl / "kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor forbids unprivileged user namespaces here: set the sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0, or run as root"
        )
    return _CONTAINER


def _setting(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
