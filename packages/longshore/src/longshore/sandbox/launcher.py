"""The child that builds a sandbox around itself and then becomes the command.

Not a module to import: ``namespaces.py`` runs this file with ``python -I -S``, so it uses the
standard library only and imports everything before the root file system changes. It reads a JSON
specification from the file descriptor given as its argument and turns into three processes:

* the *launcher* enters new namespaces, forwards signals, and ends the way the command ended;
* *init* is process 1 of the new pid namespace: it assembles the root file system, gives up every
  privilege, reaps orphans, and its end is the end of everything inside;
* the *command*.

A failure before the command runs is reported as one JSON object on the report descriptor, which
closes by itself when the command starts: end of file means success.
"""
# `pathlib` would double the start-up time:
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH114, PTH115, PTH118, PTH120, PTH123, PTH211
# the first argument of SetupError is the name of a step, no message:
# ruff: noqa: EM101, TRY003

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import struct
import sys
from _socket import AF_INET, SOCK_DGRAM, socket  # `socket` would take 10 ms to import

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


# linux/sched.h, linux/mount.h, linux/prctl.h, linux/capability.h, net/if.h
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x1, 0x2, 0x4, 0x8
MS_REMOUNT, MS_NOATIME, MS_NODIRATIME = 0x20, 0x400, 0x800
MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME = 0x1000, 0x4000, 0x40000, 0x200000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
CAPABILITY_VERSION_3 = 0x20080522
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1

OLD = "/old"
NEW = "/new"
DEVICES = ("null", "zero", "full", "random", "urandom")
SCRATCH = ("/dev/shm", "/tmp")  # noqa: S108 - mount points inside
STREAMS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
READ_ONLY_PROC = ("bus", "fs", "irq", "sys", "sysrq-trigger")
ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}  # proc(5), mountinfo
KEPT_FLAGS = {
    "ro": MS_RDONLY,
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "noatime": MS_NOATIME,
    "nodiratime": MS_NODIRATIME,
    "relatime": MS_RELATIME,
}
FORWARDED = {
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
}
WAITED = FORWARDED | {signal.SIGCHLD}

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
    call("mount", target.removeprefix(NEW) or "/", *encoded, ctypes.c_ulong(flags), data)


def prctl(option: int, argument: int, *rest: int) -> bool:
    """Set an attribute of this process; unused arguments have to be zero, and wide."""
    arguments = (argument, *rest, 0, 0, 0)[:4]
    return bool(libc.prctl(option, *(ctypes.c_ulong(value) for value in arguments)) == 0)


def tmpfs(target: str, mode: str) -> None:
    """Mount an empty in-memory file system."""
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")


# --- namespaces -----------------------------------------------------------------------------------


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


# --- the root file system -------------------------------------------------------------------------


class Node:
    """Something mounted inside: a host path, or a file system of its own (``kind``)."""

    def __init__(self, kind: str, source: str, target: str, *, writable: bool) -> None:
        self.kind = kind
        self.source = source
        self.target = target
        self.writable = writable

    def covers(self, target: str) -> bool:
        """Tell whether a path lies strictly below this node."""
        return target.startswith(self.target.rstrip("/") + "/") and target != self.target


def resolve(root: str, path: str) -> str:
    """Follow the symbolic links of a path inside a root; the result never leaves it."""
    done: list[str] = []
    todo = [part for part in path.split("/") if part]
    for _ in range(255):
        if not todo:
            return "/" + "/".join(done)
        part = todo.pop(0)
        if part == ".":
            continue
        if part == "..":
            done = done[:-1]
            continue
        here = os.path.join(root, *done, part)
        if not os.path.islink(here):
            done.append(part)
            continue
        link = os.readlink(here)
        done = [] if link.startswith("/") else done
        todo = [piece for piece in link.split("/") if piece] + todo
    raise SetupError("resolve", path, errno.ELOOP)


def bind(source: str, target: str) -> None:
    """Make a host file or folder, with what is mounted in it, visible at an existing target."""
    mount(source, target, "", MS_BIND | MS_REC)


def create(path: str, *, folder: bool) -> None:
    """Make a mount point."""
    if folder:
        os.makedirs(path, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def place(source: str, target: str, wanted: dict[str, bool], *, scaffold: bool) -> None:
    """Show ``source`` at ``target`` such that the wanted mount points below it exist.

    Where one is missing, the folder is rebuilt entry by entry on an in-memory file system, so
    that the host's folder is never written to. ``wanted`` maps relative paths to whether the
    mount point is a folder; ``scaffold`` says that ``target`` is on such a file system already.
    """
    if all(os.path.lexists(os.path.join(source, path)) for path in wanted):
        bind(source, target)
        return
    if not scaffold:
        tmpfs(target, "755")
    for entry in os.scandir(source):
        below = entry.name + "/"
        inner = {
            path[len(below) :]: kind for path, kind in wanted.items() if path.startswith(below)
        }
        there = os.path.join(target, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), there)
        else:
            create(there, folder=entry.is_dir())
            place(entry.path, there, inner, scaffold=True)
    for path, folder in wanted.items():
        point = os.path.join(target, path)
        if not os.path.lexists(point):
            create(point, folder=folder)


def nodes_of(spec: Spec) -> list[Node]:
    """Return what is mounted, parents before children as given: root, own file systems, mounts."""
    root = OLD + spec["root"]
    nodes = [Node("bind", root, "/", writable=False)]
    nodes += [Node("proc", "", "/proc", writable=True), Node("dev", "", "/dev", writable=False)]
    nodes += [Node("tmpfs", "", path, writable=True) for path in SCRATCH]
    for source, target, writable in spec["mounts"]:
        kind = "tmpfs" if source is None else "bind"
        nodes.append(Node(kind, OLD + (source or ""), target, writable=writable))
    for node in nodes[1:]:
        node.target = resolve(root, node.target)
    return nodes


def is_folder(node: Node) -> bool:
    """Tell whether a node's mount point has to be a folder."""
    return node.kind != "bind" or os.path.isdir(node.source)


def wanted_below(nodes: list[Node], index: int) -> dict[str, bool]:
    """Return the mount points that node ``index`` has to offer to the nodes after it."""
    wanted = {}
    for later in range(index + 1, len(nodes)):
        owners = [at for at in range(later) if nodes[at].covers(nodes[later].target)]
        if owners and max(owners, key=lambda at: (len(nodes[at].target), at)) == index:
            relative = os.path.relpath(nodes[later].target, nodes[index].target)
            wanted[relative] = is_folder(nodes[later])
    return wanted


def fill_dev(target: str) -> None:
    """Make the few devices that programs expect, and the links to the standard streams."""
    tmpfs(target, "755")
    for name in DEVICES:
        create(f"{target}/{name}", folder=False)
        bind(f"{OLD}/dev/{name}", f"{target}/{name}")
    for name, link in STREAMS.items():
        os.symlink(link, f"{target}/{name}")


def fill_proc(target: str) -> None:
    """Mount the new pid namespace's ``/proc`` with the kernel's settings read-only."""
    mount("proc", target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for name in READ_ONLY_PROC:
        path = f"{target}/{name}"
        if os.path.exists(path):
            bind(path, path)
            mount("", path, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)


def attach(node: Node, wanted: dict[str, bool], user: list[int]) -> None:
    """Mount one node at its place in the new root."""
    target = NEW + node.target.rstrip("/")
    if os.path.realpath(target) != target:
        raise SetupError("mount through a symbolic link", node.target, errno.ELOOP)
    if node.kind == "proc":
        fill_proc(target)
    elif node.kind == "dev":
        fill_dev(target)
    elif node.kind == "tmpfs":
        tmpfs(target, "1777")
    else:
        if not node.writable:
            place(node.source, target, wanted, scaffold=node.target == "/")
            return
        hand_over(node.source, user)
        bind(node.source, target)
    for path, folder in wanted.items():
        create(f"{target}/{path}", folder=folder)


def hand_over(path: str, user: list[int]) -> None:
    """As root, give a writable folder and what is in it to the command's user."""
    if os.geteuid() != 0:
        return
    paths = [path]
    for folder, names, files in os.walk(path):
        paths += [os.path.join(folder, name) for name in (*names, *files)]
    for each in paths:
        found = os.lstat(each)
        if [found.st_uid, found.st_gid] != user:
            os.chown(each, user[0], user[1], follow_symlinks=False)


def seal(nodes: list[Node]) -> None:
    """Make everything read-only that was not asked to be writable, nothing setuid or a device.

    Flags that a mount already has are kept: without root the kernel refuses to lift them.
    """
    with open(f"{OLD}/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.split() for line in file]
    for fields in lines:
        place_inside = fields[4]
        for escaped, character in ESCAPES.items():
            place_inside = place_inside.replace(escaped, character)
        if place_inside != NEW and not place_inside.startswith(NEW + "/"):
            continue
        inside = place_inside.removeprefix(NEW) or "/"
        owner = max(
            (node for node in nodes if node.target == inside or node.covers(inside)),
            key=lambda node: len(node.target),
        )
        if owner.kind == "proc":  # sealed when it was mounted
            continue
        flags = MS_NOSUID | (0 if owner.writable else MS_RDONLY)
        is_device = owner.kind == "dev" and inside != owner.target
        flags |= MS_NOEXEC if is_device else MS_NODEV
        for option in fields[5].split(","):
            flags |= KEPT_FLAGS.get(option, 0)
        mount("", place_inside, "", MS_BIND | MS_REMOUNT | flags)


def pivot(target: str, old: str) -> None:
    """Make a mount the root, and what was the root so far appear at ``old``."""
    call("pivot_root", target, os.fsencode(target), os.fsencode(old))


def change_root(spec: Spec) -> None:
    """Assemble the new root and make it the only one; the host's is detached."""
    mount("", "/", "", MS_REC | MS_PRIVATE)
    # The scaffold needs a mount point that surely exists; pivoting moves it away again, so what
    # it covers is visible below OLD.
    tmpfs(spec["root"], "755")
    os.mkdir(spec["root"] + OLD)
    os.mkdir(spec["root"] + NEW)
    pivot(spec["root"], spec["root"] + OLD)
    os.chdir("/")
    tmpfs(NEW, "755")
    nodes = nodes_of(spec)
    for index, node in enumerate(nodes):
        attach(node, wanted_below(nodes, index), spec["user"])
    seal(nodes)
    os.chdir(NEW)
    pivot(".", ".")
    call("umount2", "the host's root", b".", MNT_DETACH)
    os.chdir("/")


# --- privileges -----------------------------------------------------------------------------------


def drop_privileges(spec: Spec) -> None:
    """Become the user for good: no groups, no capabilities, no way to gain any."""
    for capability in range(64):
        if not prctl(PR_CAPBSET_DROP, capability):
            break  # EINVAL: past the last capability that this kernel knows
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(spec["user"][1], spec["user"][1], spec["user"][1])
        os.setresuid(spec["user"][0], spec["user"][0], spec["user"][0])
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    call("capset", "capabilities", header, bytes(24))
    if not prctl(PR_SET_NO_NEW_PRIVS, 1):
        raise SetupError("prctl", "no_new_privs", ctypes.get_errno())


# --- processes ------------------------------------------------------------------------------------


def look_up(spec: Spec) -> str:
    """Return the path of the program: as given, or found in the ``PATH`` of the environment."""
    name = spec["argv"][0]
    if "/" in name:
        return str(name)
    for folder in spec["env"].get("PATH", "").split(":"):
        path = f"{folder}/{name}"
        if folder and os.access(path, os.X_OK):
            return path
    raise SetupError("exec", name, errno.ENOENT)


def execute(spec: Spec, report: int) -> None:
    """Become the command; returns only by raising."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; programs expect them
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, report)
    os.closerange(report + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if spec["memory_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_AS, (spec["memory_bytes"],) * 2)
    try:
        os.chdir(spec["cwd"])
    except OSError as error:
        raise SetupError("chdir", spec["cwd"], error.errno or 0) from error
    program = look_up(spec)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED)
    try:
        os.execve(program, spec["argv"], spec["env"])  # noqa: S606
    except OSError as error:
        missing = error.errno == errno.ENOENT and os.path.exists(program)
        raise SetupError("interpreter" if missing else "exec", program, error.errno or 0) from error


def wait_for(child: int) -> int:
    """Forward signals to a child and reap everything until it ends; return its wait status.

    A signal from the terminal reaches the whole process group by itself: only those that another
    process sent (``si_code`` ≤ 0) are passed on.
    """
    while True:
        received = signal.sigwaitinfo(WAITED)
        if received.si_signo != signal.SIGCHLD:
            if received.si_code <= 0:
                os.kill(child, received.si_signo)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if pid == child:
                return status
            if pid == 0:
                break


def tell(report: int, error: Exception) -> None:
    """Write a failure to the report descriptor."""
    if isinstance(error, SetupError):
        document = error.report
    else:
        number = getattr(error, "errno", None) or 0
        subject = str(getattr(error, "filename", None) or "").removeprefix(NEW)
        document = {"step": type(error).__name__, "subject": subject, "errno": number}
    os.write(report, json.dumps(document).encode())


def run_init(spec: Spec, report: int, verdict: int) -> None:
    """Be process 1: build the root, drop everything, start the command and wait for it."""
    os.umask(0o022)  # mount points are for another user to enter
    if spec["isolate_network"]:
        raise_loopback()
    call("sethostname", "host name", b"localhost", 9)
    change_root(spec)
    drop_privileges(spec)
    # After the change of identity, which clears it: init dies with the launcher, all with init.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    child = os.fork()
    if child == 0:
        try:
            execute(spec, report)
        except Exception as error:  # noqa: BLE001 - a forked child must not return
            tell(report, error)
            os._exit(127)
    os.close(report)
    prctl(PR_SET_DUMPABLE, 0)
    os.write(verdict, struct.pack("i", wait_for(child)))


def end_like(status: int) -> None:
    """End this process the way another one ended."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 70)


def main(spec: Spec, report: int) -> None:
    """Be the launcher."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
    enter_namespaces(spec)
    if spec["die_with_parent"]:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answer, verdict = os.pipe()
    init = os.fork()
    if init == 0:
        try:
            run_init(spec, report, verdict)
        except Exception as error:  # noqa: BLE001 - a forked child must not return
            tell(report, error)
            os._exit(127)
        os._exit(0)
    os.close(report)
    os.close(verdict)
    own = wait_for(init)
    told = os.read(answer, 4)
    end_like(struct.unpack("i", told)[0] if told else own)


if __name__ == "__main__":
    with open(int(sys.argv[1]), encoding="ascii") as given:
        specification = json.load(given)
    report_fd = int(sys.argv[2])
    os.set_inheritable(report_fd, False)  # noqa: FBT003 - positional only
    try:
        main(specification, report_fd)
    except Exception as failure:  # noqa: BLE001 - everything is reported, nothing printed
        tell(report_fd, failure)
        os._exit(127)
