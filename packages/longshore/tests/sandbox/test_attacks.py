"""What a hostile program tries, for real: each of these once worked, or would."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import Protocol

import pytest

from longshore.errors import PreflightError
from longshore.sandbox import Command, Mount, NamespaceSandbox


class Host(Protocol):
    root: Path
    mounts: tuple[Mount, ...]


def shell(host: Host, script: str, *mounts: Mount) -> Command:
    return Command(
        root=host.root,
        argv=("/bin/sh", "-c", script),
        env={"PATH": "/usr/bin:/bin"},
        mounts=(*host.mounts, *mounts),
    )


KEEPER = """
    import ctypes, pathlib, platform, sys
    from longshore.sandbox import Command, Mount, NamespaceSandbox
    add_key, keyctl = (248, 250) if platform.machine() == "x86_64" else (217, 219)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(keyctl, 1, b"longshore-test") < 0:
        sys.exit(77)
    if libc.syscall(add_key, b"user", b"longshore-secret", b"hunter2", 7, -3) < 0:
        sys.exit(77)
    assert "longshore-secret" in pathlib.Path("/proc/keys").read_text()
    mounts = [Mount(source=pathlib.Path(s), target=pathlib.PurePosixPath(t)) for s, t in {mounts!r}]
    argv = ("/bin/sh", "-c", "cat /proc/keys")
    command = Command(root=pathlib.Path({root!r}), argv=argv, mounts=tuple(mounts))
    print(NamespaceSandbox().run(command))
"""


@pytest.mark.skipif(
    os.uname().machine not in ("x86_64", "aarch64"), reason="the test knows two machines' numbers"
)
def test_the_keys_of_the_caller_are_out_of_reach(sandbox: NamespaceSandbox, host: Host) -> None:
    mounts = [(str(mount.source), str(mount.target)) for mount in host.mounts]
    script = dedent(KEEPER).format(mounts=mounts, root=str(host.root))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    if done.returncode == 77:
        pytest.skip("no kernel keyrings here")
    assert done.returncode == 0, done.stderr.decode()
    assert b"returncode=0" in done.stdout
    assert b"longshore-secret" not in done.stdout
    assert sandbox.name == "namespaces"


@pytest.mark.parametrize("writable", [True, False])
def test_a_mount_point_is_not_made_behind_a_link(
    sandbox: NamespaceSandbox, host: Host, tmp_path: Path, *, writable: bool
) -> None:
    victim, folder, inner = (tmp_path / name for name in ("victim", "folder", "inner"))
    for path in (victim, folder, inner):
        path.mkdir()
    # While the root is assembled, the host's own is below /old.
    (folder / "sub").symlink_to(f"/old{victim}")
    mounts = (
        Mount(source=folder, target=PurePosixPath("/data"), writable=writable),
        Mount(source=inner, target=PurePosixPath("/data/sub/new")),
    )
    with pytest.raises(PreflightError, match="symbolic link"):
        sandbox.run(shell(host, "true", *mounts))
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["a b", "a\u00a0b", "a\u2028b", "a\x1cb", "a\rb", "a\nb", "a\\040b"]
)
def test_a_mount_is_read_only_whatever_it_is_called(
    sandbox: NamespaceSandbox, host: Host, name: str
) -> None:
    folder = host.root.parent / name
    folder.mkdir()
    folder.chmod(0o777)
    target = PurePosixPath("/data") / name
    done = sandbox.run(
        shell(host, f"echo 1 > '{target}/x'; true", Mount(source=folder, target=target))
    )
    assert b"Read-only file system" in done.stderr
    assert list(folder.iterdir()) == []
