"""System calls that Python has no function for, and the error that says which step failed."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False  # `typing` would take 5 ms to import
if TYPE_CHECKING:
    from typing import TypedDict

    class Spec(TypedDict):
        """What ``namespaces.py`` asks for; paths are absolute and free of symbolic links."""

        root: str
        argv: list[str]
        env: dict[str, str]
        cwd: str
        mounts: list[tuple[str | None, str, bool]]
        isolate_network: bool
        user: list[int]
        memory_bytes: int | None
        die_with_parent: bool


# linux/sched.h, linux/mount.h, linux/prctl.h, linux/capability.h
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x1, 0x2, 0x4, 0x8
MS_REMOUNT, MS_NOATIME, MS_NODIRATIME = 0x20, 0x400, 0x800
MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME = 0x1000, 0x4000, 0x40000, 0x200000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
CAPABILITY_VERSION_3 = 0x20080522
KEYCTL_JOIN_SESSION_KEYRING = 1  # linux/keyctl.h
SYS_KEYCTL = {"x86_64": 250, "i686": 288, "aarch64": 219, "riscv64": 219}  # asm/unistd.h
SYS_KEYCTL |= {"armv7l": 311, "ppc64le": 271, "s390x": 280}

libc = ctypes.CDLL(None, use_errno=True)


class SetupError(Exception):
    """One step failed: what was tried, on what, and the error number."""

    def __init__(self, step: str, subject: str, number: int) -> None:
        super().__init__(step)
        self.report = {"step": step, "subject": subject, "errno": number}


def call(name: str, subject: str, *arguments: int | bytes | ctypes.c_ulong | None) -> None:
    """Call a function of the C library that returns 0 on success."""
    if getattr(libc, name)(*arguments) != 0:
        raise SetupError(name, subject, ctypes.get_errno())


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount something; the target names the step in errors, without the scaffold's prefix."""
    encoded = [os.fsencode(part) for part in (source, target, kind)]
    data = options.encode() or None
    call("mount", target, *encoded, ctypes.c_ulong(flags), data)


def prctl(option: int, argument: int, *rest: int) -> bool:
    """Set an attribute of this process; unused arguments have to be zero, and wide."""
    arguments = (argument, *rest, 0, 0, 0)[:4]
    return bool(libc.prctl(option, *(ctypes.c_ulong(value) for value in arguments)) == 0)


def tmpfs(target: str, mode: str) -> None:
    """Mount an empty in-memory file system."""
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")
