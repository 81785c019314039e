"""Leave the host's namespaces and give up every privilege."""
# `pathlib` would double the start-up time:
# ruff: noqa: PTH123
# the first argument of SetupError is the name of a step, no message:
# ruff: noqa: EM101

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from _socket import AF_INET, SOCK_DGRAM, socket  # `socket` would take 10 ms to import

from longshore.sandbox.launch.kernel import (
    CAPABILITY_VERSION_3,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    KEYCTL_JOIN_SESSION_KEYRING,
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_CAPBSET_DROP,
    PR_SET_NO_NEW_PRIVS,
    SYS_KEYCTL,
    SetupError,
    call,
    libc,
    prctl,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from longshore.sandbox.launch.kernel import Spec

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, net/if.h


def enter_namespaces(spec: Spec) -> None:
    """Leave the host's namespaces; without root, by way of a user namespace with one identity."""
    flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS
    if spec["isolate_network"]:
        flags |= CLONE_NEWNET
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        call("unshare", "namespaces", flags)
        return
    call("unshare", "user namespace", flags | CLONE_NEWUSER)
    inside = spec["user"]
    identities = {"setgroups": "deny", "uid_map": f"{inside[0]} {uid} 1"}
    identities["gid_map"] = f"{inside[1]} {gid} 1"
    for name, text in identities.items():
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError as error:
            raise SetupError("map", f"/proc/self/{name}", error.errno or 0) from error


def leave_keyring() -> None:
    """Join an empty session keyring: no namespace hides the caller's keys (keyrings(7))."""
    number = SYS_KEYCTL.get(os.uname().machine)
    if number is None or libc.syscall(number, KEYCTL_JOIN_SESSION_KEYRING, None) >= 0:
        return
    failed = ctypes.get_errno()
    # A kernel without keys; a filter of the container that forbids them, inside as well.
    if failed not in (errno.ENOSYS, errno.EPERM):
        raise SetupError("keyctl", "session keyring", failed)


def raise_loopback() -> None:
    """Bring up ``lo``, which a new network namespace has down."""
    with_name = struct.pack("16sH14x", b"lo", 0)
    control = socket(AF_INET, SOCK_DGRAM)
    try:
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, with_name))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    except OSError as error:
        raise SetupError("ioctl", "loopback interface", error.errno or 0) from error
    finally:
        control.close()


def drop_privileges(spec: Spec) -> None:
    """Become the user for good: no groups, no capabilities, no way to gain any."""
    for capability in range(64):
        if not prctl(PR_CAPBSET_DROP, capability):
            break  # EINVAL: past the last capability that this kernel knows
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(spec["user"][1], spec["user"][1], spec["user"][1])
        os.setresuid(spec["user"][0], spec["user"][0], spec["user"][0])
    leave_keyring()
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    call("capset", "capabilities", header, bytes(24))
    if not prctl(PR_SET_NO_NEW_PRIVS, 1):
        raise SetupError("prctl", "no_new_privs", ctypes.get_errno())
