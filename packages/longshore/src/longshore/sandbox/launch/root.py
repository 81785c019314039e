"""Assemble the root file system that the command sees, and make it the only one."""
# `pathlib` would double the start-up time:
# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH114, PTH115, PTH118, PTH120, PTH123, PTH211
# the first argument of SetupError is the name of a step, no message:
# ruff: noqa: EM101, TRY003

from __future__ import annotations

import errno
import os

from longshore.sandbox.launch.kernel import (
    MNT_DETACH,
    MS_BIND,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    SetupError,
    call,
    mount,
    tmpfs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from longshore.sandbox.launch.kernel import Spec

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
    """Make a mount point; never through a link, which could lead to the host's own files."""
    if os.path.realpath(path) != path:
        raise SetupError("mount through a symbolic link", path, errno.ELOOP)
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
    if not os.path.isdir(source):
        raise SetupError("mount below", target, errno.ENOTDIR)
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
    # Only the blank and the line feed separate (proc(5)); other white space stands for itself.
    with open(f"{OLD}/proc/self/mountinfo", "rb") as file:
        lines = [os.fsdecode(line).split(" ") for line in file]
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
