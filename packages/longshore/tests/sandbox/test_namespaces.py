"""The sandbox isolates for real: every test runs a program of the host inside one."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import pytest

from longshore import sandbox as package
from longshore.errors import PreflightError
from longshore.sandbox import Command, Completed, Limits, Mount, NamespaceSandbox, Network


def skip_or_fail(reason: str) -> None:
    """Skip on a developer's machine; a machine of CI must be able to run everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


WAIT = 10  # seconds that something may take on a loaded machine


class Host(Protocol):
    root: Path
    mounts: tuple[Mount, ...]


def shell(host: Host, script: str, **changes: Any) -> Command:
    mounts = (*host.mounts, *changes.pop("mounts", ()))
    changes.setdefault("env", {"PATH": "/usr/bin:/bin"})
    return Command(root=host.root, argv=("/bin/sh", "-c", script), mounts=mounts, **changes)


def output(done: Completed) -> str:
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_the_host_files_are_not_there(sandbox: NamespaceSandbox, host: Host) -> None:
    listing = output(sandbox.run(shell(host, "ls -A / /etc")))
    assert "os-release" in listing
    assert "passwd" not in listing
    assert not {"home", "root", "var", "old", "new"} & set(listing.split())


def test_no_mount_of_the_host_is_left(sandbox: NamespaceSandbox, host: Host) -> None:
    mounts = output(sandbox.run(shell(host, "cat /proc/self/mountinfo"))).splitlines()
    points = {line.split()[4] for line in mounts}
    allowed = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin", "/etc", "/proc", "/dev", "/tmp")
    assert all(point == "/" or point.startswith(allowed) for point in points)


def test_the_root_and_its_mounts_are_read_only(sandbox: NamespaceSandbox, host: Host) -> None:
    script = "for p in /x /etc/x /usr/x /dev/x /proc/sys/kernel/hostname; do echo 1 > $p; done"
    done = sandbox.run(shell(host, f"({script}); true"))
    assert done.stderr.decode().count("cannot create") == 5
    assert sorted(path.name for path in (host.root / "etc").iterdir()) == ["os-release"]


def test_read_only_does_not_depend_on_permissions(
    sandbox: NamespaceSandbox, host: Host, tmp_path: Path
) -> None:
    for folder in (host.root / "etc", tmp_path):
        folder.chmod(0o777)
    mounts = (Mount(source=tmp_path, target=PurePosixPath("/data")),)
    done = sandbox.run(shell(host, "echo 1 > /etc/x; echo 1 > /data/x; true", mounts=mounts))
    assert done.stderr.decode().count("Read-only file system") == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has groups that it can leave")
def test_the_groups_of_the_caller_are_left(sandbox: NamespaceSandbox, host: Host) -> None:
    before = os.getgroups()
    os.setgroups([4242])
    try:
        assert output(sandbox.run(shell(host, "id -G"))).split() == ["65532"]
    finally:
        os.setgroups(before)


def test_scratch_space_is_writable_and_gone_afterwards(
    sandbox: NamespaceSandbox, host: Host
) -> None:
    script = "echo hello > /tmp/x && cp /tmp/x /dev/shm/x && cat /dev/shm/x"
    assert output(sandbox.run(shell(host, script))) == "hello\n"
    assert output(sandbox.run(shell(host, "ls /tmp /dev/shm"))).split() == ["/dev/shm:", "/tmp:"]


def test_only_a_few_devices_exist(sandbox: NamespaceSandbox, host: Host) -> None:
    names = output(sandbox.run(shell(host, "ls /dev && head -c 3 /dev/zero | wc -c"))).split()
    assert names == [
        *("fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "urandom", "zero"),
        "3",
    ]


def test_the_user_has_no_privileges(sandbox: NamespaceSandbox, host: Host) -> None:
    status = output(sandbox.run(shell(host, "cat /proc/self/status")))
    fields = {
        key: value.split()
        for key, _, value in (line.partition(":") for line in status.splitlines())
    }
    assert fields["Uid"] == ["65532"] * 4
    assert fields["Gid"] == ["65532"] * 4
    assert fields["NoNewPrivs"] == ["1"]
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[kind][0], 16) == 0, kind
    if os.geteuid() == 0:  # without root the kernel forbids to leave groups
        assert fields["Groups"] == []


def test_user_and_group_are_as_asked(sandbox: NamespaceSandbox, host: Host) -> None:
    assert output(sandbox.run(shell(host, "id -u; id -g", user=(1234, 4321)))) == "1234\n4321\n"


def test_root_is_refused(sandbox: NamespaceSandbox, host: Host) -> None:
    with pytest.raises(PreflightError, match=r"refusing to run '/bin/sh' as user \(0, 0\)"):
        sandbox.run(shell(host, "true", user=(0, 0)))


def test_it_has_its_own_processes(sandbox: NamespaceSandbox, host: Host) -> None:
    script = "ls -d /proc/[0-9]* | wc -l; echo $PPID"
    count, parent = output(sandbox.run(shell(host, script))).split()
    assert int(count) <= 5  # init, the shell, its pipeline
    assert parent == "1"


def test_init_can_not_be_traced(sandbox: NamespaceSandbox, host: Host) -> None:
    assert sandbox.run(shell(host, "ls /proc/1/fd")).returncode != 0


def test_there_is_no_network_but_a_loopback(sandbox: NamespaceSandbox, host: Host) -> None:
    lines = output(sandbox.run(shell(host, "cat /proc/net/dev; cat /proc/net/fib_trie")))
    interfaces = {line.split(":")[0].strip() for line in lines.splitlines() if ":" in line}
    assert interfaces - {"Main", "Local"} == {"lo"}
    assert "127.0.0.1" in lines


def test_the_network_of_the_host_on_request(sandbox: NamespaceSandbox, host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"{server.getsockname()[1]:04X}"
        script = "cat /proc/net/tcp; ls /etc"
        seen = output(sandbox.run(shell(host, script, network=Network.HOST)))
        unseen = output(sandbox.run(shell(host, script)))
    assert f"0100007F:{port}" in seen
    assert f"0100007F:{port}" not in unseen
    if Path("/etc/hosts").exists():
        assert "hosts" in seen.split()
        assert "os-release" in seen.split()


def test_the_environment_is_what_was_given(
    sandbox: NamespaceSandbox, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_TOKEN", "hunter2")
    command = Command(
        root=host.root,
        argv=("/usr/bin/env",),
        mounts=host.mounts,
        env={"LANG": "C.UTF-8", "ß": "é"},
    )
    assert output(sandbox.run(command)) == "LANG=C.UTF-8\nß=é\n"


def test_no_file_descriptor_leaks(sandbox: NamespaceSandbox, host: Host) -> None:
    with (host.root / "etc/os-release").open() as file:
        os.set_inheritable(file.fileno(), True)
        script = "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do test -e /proc/$$/fd/$n && echo $n; done"
        assert output(sandbox.run(shell(host, f"{script}; true"))).split() == ["0", "1", "2"]


def test_standard_input_is_passed_and_outputs_are_apart(
    sandbox: NamespaceSandbox, host: Host
) -> None:
    text = b"line\n" * 100_000
    done = sandbox.run(shell(host, "cat; echo oops >&2; exit 3"), stdin=text)
    assert (done.returncode, done.stdout, done.stderr) == (3, text, b"oops\n")


def test_the_end_of_a_long_output_is_kept(sandbox: NamespaceSandbox, host: Host) -> None:
    command = shell(host, "seq 100000", limits=Limits(output_bytes=12))
    assert output(sandbox.run(command)) == "99999\n100000\n"[-12:]


def test_the_working_directory(sandbox: NamespaceSandbox, host: Host) -> None:
    assert output(sandbox.run(shell(host, "pwd", cwd=PurePosixPath("/usr")))) == "/usr\n"
    with pytest.raises(
        PreflightError, match=r"'/nowhere' in .*: can't enter the working directory"
    ):
        sandbox.run(shell(host, "pwd", cwd=PurePosixPath("/nowhere")))


def test_a_missing_program(sandbox: NamespaceSandbox, host: Host) -> None:
    with pytest.raises(PreflightError, match=r"'/no/such' in .*: can't run it: no such file"):
        sandbox.run(Command(root=host.root, argv=("/no/such",)))


def test_a_program_is_found_on_the_path_inside(sandbox: NamespaceSandbox, host: Host) -> None:
    command = Command(root=host.root, argv=("echo", "hi"), mounts=host.mounts, env={"PATH": "/bin"})
    assert output(sandbox.run(command)) == "hi\n"
    with pytest.raises(PreflightError, match=r"'no-such-program' in .*: can't run it"):
        sandbox.run(Command(root=host.root, argv=("no-such-program",), env={"PATH": "/bin"}))


def test_a_missing_interpreter(sandbox: NamespaceSandbox, host: Host) -> None:
    script = host.root / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    with pytest.raises(PreflightError, match=r"'/script' in .*: the interpreter or loader"):
        sandbox.run(Command(root=host.root, argv=("/script",)))


def test_a_signal_that_ends_the_command(sandbox: NamespaceSandbox, host: Host) -> None:
    assert sandbox.run(shell(host, "kill -SEGV $$")).returncode == -signal.SIGSEGV
    assert sandbox.run(shell(host, "kill -KILL $$")).returncode == -signal.SIGKILL


def test_the_time_limit_ends_everything_inside(sandbox: NamespaceSandbox, host: Host) -> None:
    script = "(trap '' TERM HUP; setsid sleep 5 </dev/null) & echo started; wait"
    before = time.monotonic()
    done = sandbox.run(shell(host, script, limits=Limits(seconds=0.5)))
    assert done.timed_out
    assert done.stdout == b"started\n"
    assert time.monotonic() - before < 4  # the outputs close when the last process is gone


def test_what_the_command_leaves_behind_ends_with_it(sandbox: NamespaceSandbox, host: Host) -> None:
    before = time.monotonic()
    assert output(sandbox.run(shell(host, "setsid sleep 5 & echo done"))) == "done\n"
    assert time.monotonic() - before < 4


def test_the_memory_limit(sandbox: NamespaceSandbox, host: Host) -> None:
    limits = Limits(memory_bytes=64 << 20)
    script = "head -c 200000000 /dev/zero | tail -c 150000000 > /dev/null"
    assert b"memory exhausted" in sandbox.run(shell(host, script, limits=limits)).stderr
    assert sandbox.run(shell(host, script)).stderr == b""


class TestMounts:
    def test_a_writable_folder(self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path) -> None:
        out = tmp_path / "out"
        (out / "sub").mkdir(parents=True)
        (out / "sub/file").write_text("old\n")
        mount = Mount(source=out, target=PurePosixPath("/mnt/out"), writable=True)
        script = "cat /mnt/out/sub/file; echo new > /mnt/out/sub/file; echo x > /mnt/out/x"
        assert output(sandbox.run(shell(host, script, mounts=(mount,)))) == "old\n"
        assert (out / "sub/file").read_text() == "new\n"
        assert (out / "x").read_text() == "x\n"
        assert not (host.root / "work").exists()

    def test_a_missing_target_deep_in_a_read_only_mount(
        self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path
    ) -> None:
        outer, inner, file = tmp_path / "outer", tmp_path / "inner", tmp_path / "file"
        (outer / "a/kept").mkdir(parents=True)
        (outer / "link").symlink_to("a")
        inner.mkdir()
        (inner / "deep").write_text("deep\n")
        file.write_text("file\n")
        mounts = (
            Mount(source=outer, target=PurePosixPath("/outer")),
            Mount(source=inner, target=PurePosixPath("/outer/a/b/c")),
            Mount(source=file, target=PurePosixPath("/outer/a/single")),
            Mount(source=None, target=PurePosixPath("/outer/space"), writable=True),
        )
        script = (
            "cat /outer/a/b/c/deep /outer/a/single; ls /outer/link; echo 1 > /outer/space/x; "
            "echo 1 > /outer/x || echo read-only"
        )
        lines = output(sandbox.run(shell(host, script, mounts=mounts))).split()
        assert lines == ["deep", "file", "b", "kept", "single", "read-only"]
        assert sorted(path.name for path in outer.iterdir()) == ["a", "link"]

    def test_the_umask_of_the_caller_does_not_matter(
        self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path
    ) -> None:
        mount = Mount(source=tmp_path, target=PurePosixPath("/a/b/out"), writable=True)
        old = os.umask(0o077)
        try:
            done = sandbox.run(shell(host, "umask; ls -d /a/b/out", mounts=(mount,)))
        finally:
            os.umask(old)
        assert output(done) == "0022\n/a/b/out\n"

    def test_links_of_the_root_stay_inside(
        self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (host.root / "srv").symlink_to(outside)
        (host.root / "up").symlink_to("../../../etc")
        (host.root / "opt").mkdir()
        (host.root / "opt/absolute").symlink_to("/etc")
        mounts = (
            Mount(source=tmp_path, target=PurePosixPath("/srv/data")),
            Mount(source=tmp_path, target=PurePosixPath("/up/data")),
            Mount(source=tmp_path, target=PurePosixPath("/opt/absolute/more")),
        )
        paths = ["/etc/data", "/etc/more", f"{outside}/data"]
        inside = output(sandbox.run(shell(host, f"ls -d {' '.join(paths)}", mounts=mounts)))
        assert inside.split() == paths
        assert list(outside.iterdir()) == []

    def test_a_missing_source(self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path) -> None:
        mount = Mount(source=tmp_path / "gone", target=PurePosixPath("/gone"))
        with pytest.raises(PreflightError, match=r"gone: can't mount it: no such file"):
            sandbox.run(shell(host, "true", mounts=(mount,)))

    def test_a_target_that_can_not_be_made(
        self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path
    ) -> None:
        mount = Mount(source=tmp_path, target=PurePosixPath("/etc/os-release/data"))
        message = "sandbox: mount below '/etc/os-release': not a directory"
        with pytest.raises(PreflightError, match=message):
            sandbox.run(shell(host, "true", mounts=(mount,)))

    def test_odd_names(self, sandbox: NamespaceSandbox, host: Host, tmp_path: Path) -> None:
        odd = tmp_path / "a b\\040\n\tü"
        odd.mkdir()
        mount = Mount(source=odd, target=PurePosixPath("/a b\\040\n\tü"))
        script = "cd '/a b\\040\n\tü' && echo 1 > x || echo read-only"
        assert output(sandbox.run(shell(host, script, mounts=(mount,)))) == "read-only\n"


class TestSpawn:
    def test_signals_are_passed_on(self, sandbox: NamespaceSandbox, host: Host) -> None:
        script = "trap 'echo got TERM; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
        process = self.spawn(sandbox, shell(host, script))
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.terminate()
            assert process.stdout.read() == b"got TERM\n"
        assert process.returncode == 7

    def test_a_signal_without_handler_ends_it(self, sandbox: NamespaceSandbox, host: Host) -> None:
        with self.spawn(sandbox, shell(host, "echo ready; exec sleep 60")) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.terminate()
            assert process.wait(WAIT) == -signal.SIGTERM

    def test_killing_it_kills_everything_inside(
        self, sandbox: NamespaceSandbox, host: Host
    ) -> None:
        with self.spawn(sandbox, shell(host, "setsid sleep 60 & echo ready; wait")) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.kill()
            assert process.stdout.read() == b""  # closed by the last process inside

    def test_orphans_are_reaped(self, sandbox: NamespaceSandbox, host: Host) -> None:
        script = "(sleep 0.01 & ) ; sleep 0.3; cat /proc/[0-9]*/stat | cut -d' ' -f3 | sort -u"
        assert "Z" not in output(sandbox.run(shell(host, script)))

    def test_a_missing_program(self, sandbox: NamespaceSandbox, host: Host) -> None:
        with pytest.raises(PreflightError, match=r"can't run it"):
            self.spawn(sandbox, Command(root=host.root, argv=("/no/such",)))

    @staticmethod
    def spawn(sandbox: NamespaceSandbox, command: Command) -> subprocess.Popen[bytes]:
        return sandbox.spawn(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, new_session=True
        )


UNPRIVILEGED = """
import sys
from pathlib import Path, PurePosixPath
from longshore.sandbox import Command, Mount, NamespaceSandbox, find_sandbox
root, out = map(Path, sys.argv[1:])
find_sandbox()
mounts = [Mount(source=out, target=PurePosixPath("/out"), writable=True)]
mounts += [Mount(source=Path("/usr"), target=PurePosixPath("/usr"))]
script = "id -u; id -g; grep CapEff /proc/self/status; echo 1 > /x; echo 1 > /out/x; ls /etc"
script += "; ls /proc/1/fd || echo hidden"
done = NamespaceSandbox().run(
    Command(root=root, argv=("/bin/sh", "-c", script), mounts=tuple(mounts))
)
sys.stdout.buffer.write(done.stdout + done.stderr)
"""


NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}


def python_of_nobody() -> str | None:
    """Return an interpreter that an ordinary user may run: root's own may be out of reach."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            if subprocess.run([candidate, "-c", check], check=False, **NOBODY).returncode == 0:
                return candidate
        except OSError:
            continue
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run without root already")
def test_it_works_without_root(host: Host) -> None:
    python = python_of_nobody()
    if python is None:
        skip_or_fail("no Python >= 3.11 that an ordinary user could run")
    out = host.root.with_name("out")
    out.mkdir()
    os.chown(out, 65534, 65534)
    done = subprocess.run(
        [str(python), "-c", UNPRIVILEGED, str(host.root), str(out)],
        env={"PYTHONPATH": str(Path(package.__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        **NOBODY,
    )
    lines = done.stdout.decode().splitlines()
    assert lines[:3] == ["65532", "65532", "CapEff:\t0000000000000000"], done.stderr.decode()
    assert {"os-release", "hidden"} <= set(lines)
    assert (out / "x").read_text() == "1\n"
    assert (out / "x").stat().st_uid == 65534
