"""A machine without engine, namespaces or space, and builds that are interrupted."""

import errno
import json
import platform
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.harness import LONGSHORE, Bench, eventually, give_up

from longshore.oci.layout import ImageLayout
from longshore.sandbox.preflight import Failure, explain

# Runs a program to which unshare(2) is forbidden, as the default filter of a container does:
# seccomp(2), a program in classic BPF, that answers EPERM to this one call.
FORBID = """
import ctypes, os, struct, sys
architecture, call = {"x86_64": (0xC000003E, 272), "aarch64": (0xC00000B7, 97)}[os.uname().machine]
rows = [(0x20, 0, 0, 4), (0x15, 0, 3, architecture), (0x20, 0, 0, 0), (0x15, 0, 1, call),
        (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in rows))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(rows), ctypes.addressof(code))), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""
REFUSED = explain(Failure(step="unshare", subject="namespaces", errno=errno.EPERM), root=Path())


def run(
    bench: Bench, *argv: str, prefix: tuple[str, ...] = (), **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run our command line behind other programs, and with further variables."""
    return subprocess.run(
        [*prefix, str(LONGSHORE), *argv],
        cwd=bench.project,
        env={**bench.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.fixture
def forbidden() -> tuple[str, ...]:
    """What forbids namespaces to the program behind it."""
    if platform.machine() not in {"x86_64", "aarch64"}:
        give_up("the filter of system calls is for two architectures")
    return (sys.executable, "-c", FORBID)


@pytest.fixture
def edited(built: Bench, tmp_path: Path) -> Bench:
    """The example in another folder, edited: its own wheel has to be built."""
    project = tmp_path / "task-api"
    shutil.copytree(built.project, project)
    with (project / "src/taskapi/__init__.py").open("a") as file:
        file.write("# edited\n")
    return replace(built, project=project)


def test_without_any_engine_each_says_why(built: Bench, forbidden: tuple[str, ...]) -> None:
    for argv in (("up", "--detach", "--port", "0", "-e", "TASKAPI_API_TOKEN=x"), ("run", "true")):
        completed = run(built, *argv, "-q", prefix=forbidden, PATH="/nonexistent")
        assert (completed.returncode, completed.stdout) == (7, "")
        assert completed.stderr == (
            "error: no engine can run images on this machine\n"
            "  podman: podman is not installed\n"
            f"  builtin: {REFUSED}\n"
            "hint: install podman, or allow namespaces\n"
        )


def test_build_without_namespaces_says_how_to_have_them(
    edited: Bench, forbidden: tuple[str, ...]
) -> None:
    completed = run(edited, "build", "-q", prefix=forbidden)
    assert (completed.returncode, completed.stdout) == (7, "")
    assert completed.stderr == f"error: {REFUSED}\nhint: {REFUSED.hint}\n"


def test_full_disk_is_said_and_nothing_is_named(built: Bench, tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        give_up("unshare is not installed")
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    script = (
        f'mount -t tmpfs -o size=4m,mode=700 none {folder}; "$@"; code=$?; '
        f"cat {folder}/images/index.json; exit $code"
    )
    prefix = ("unshare", "-rm", "sh", "-c", script, "sh")
    completed = run(built, "build", "-q", prefix=prefix, LONGSHORE_DATA_DIR=str(folder))
    assert completed.returncode == 7
    assert completed.stderr == (
        f"error: {folder}/images/blobs: no space left on the device\n"
        "hint: free some space, "
        "or point LONGSHORE_CACHE_DIR or LONGSHORE_DATA_DIR at a larger disk\n"
    )
    assert json.loads(completed.stdout)["manifests"] == []


def test_interrupted_build_leaves_nothing_half_done(edited: Bench, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    bench = replace(edited, environment={**edited.environment, "LONGSHORE_DATA_DIR": str(data)})
    with bench.start("build") as build:
        assert build.stderr is not None
        lines = iter(build.stderr.readline, "")
        assert any(line.startswith("built wheel") for line in lines)  # layers are under way
        build.send_signal(signal.SIGINT)
        out, err = build.communicate(timeout=60)
    assert (build.returncode, out) == (130, "")
    assert err.endswith("interrupted\n")
    assert ImageLayout.open(data / "images").names() == {}
    cache = Path(bench.environment["LONGSHORE_CACHE_DIR"])
    assert not [path for path in cache.rglob(".incoming*/*") if path.is_file()]
    again, expected = bench.run("build", "-q"), edited.run("build", "-q")
    assert (again.returncode, again.stdout) == (0, expected.stdout)


def test_interrupted_start_leaves_nothing_running(bench: Bench) -> None:
    with bench.start(*bench.up_arguments, "--detach") as up:
        eventually(bench.record("migrate").exists, what="the record of migrate is written")
        up.send_signal(signal.SIGINT)
        out, err = up.communicate(timeout=60)
    assert (up.returncode, out) == (130, "")
    assert err.endswith("interrupted\n")
    assert bench.leftovers() == []
    assert not bench.is_listening()
