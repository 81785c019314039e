"""A sandbox made of Linux namespaces, with no other program needed.

A fresh Python process (``launcher.py``) enters new mount, pid, IPC, UTS and, unless the command
wants the host's, network namespaces; an unprivileged caller gets them by way of a user namespace.
The command sees only its root (read-only), ``/proc``, a minimal ``/dev``, an empty ``/tmp`` and
its mounts; it runs as an ordinary user without capabilities and can't gain any.
"""

import marshal
import os
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath

from longshore.errors import PreflightError
from longshore.sandbox.interface import Command, Completed, Mount, Network
from longshore.sandbox.output import collect
from longshore.sandbox.preflight import Failure, explain

LAUNCHER = Path(__file__).with_name("launcher.py")
_NAME_SERVICE = ("/etc/resolv.conf", "/etc/hosts")


class NamespaceSandbox:
    """Runs commands in namespaces of their own.

    Args:
        python: the interpreter of the launcher; the one that runs Longshore unless given.
    """

    def __init__(self, *, python: Path | None = None) -> None:
        self._python = python or Path(sys.executable)

    @property
    def name(self) -> str:
        """``namespaces``."""
        return "namespaces"

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        """Run a command to its end; everything that it started ends with it.

        Raises:
            PreflightError: if namespaces can't be had here, or the program is not there.
        """
        process = self._start(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            new_session=True,
            die_with_parent=True,
        )
        limits = command.limits
        collected = collect(
            process, stdin=stdin, seconds=limits.seconds, output_bytes=limits.output_bytes
        )
        return Completed(
            returncode=process.returncode,
            stdout=collected.stdout,
            stderr=collected.stderr,
            timed_out=collected.timed_out,
        )

    def spawn(
        self,
        command: Command,
        *,
        stdout: int,
        stderr: int,
        new_session: bool,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a command that outlives this call, and this process if need be.

        The process that is returned passes SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and
        SIGWINCH on to the command and ends the way it ends; killing it kills everything inside.
        ``command.limits.seconds`` and ``output_bytes`` don't apply.

        Args:
            command: what to run.
            stdout: a file descriptor, or one of ``subprocess``'s constants.
            stderr: the same.
            new_session: away from the terminal, so that Ctrl-C here does not reach it.
            stdin: the same as ``stdout``.

        Raises:
            PreflightError: if namespaces can't be had here, or the program is not there.
        """
        return self._start(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            new_session=new_session,
            die_with_parent=False,
        )

    def _start(  # the streams and the two ways to end
        self,
        command: Command,
        *,
        stdin: int,
        stdout: int,
        stderr: int,
        new_session: bool,
        die_with_parent: bool,
    ) -> subprocess.Popen[bytes]:
        document = _specification(command) | {"die_with_parent": die_with_parent}
        report, told = os.pipe()
        with tempfile.TemporaryFile() as spec, os.fdopen(report, "rb") as reports:
            spec.write(marshal.dumps(document))
            spec.seek(0)
            argv = [str(self._python), "-I", "-S", "-X", "utf8", str(LAUNCHER)]
            argv += [str(spec.fileno()), str(told)]
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    env=_launcher_environment(),
                    cwd="/",
                    pass_fds=(spec.fileno(), told),
                    start_new_session=new_session,
                )
            finally:
                os.close(told)
            answer = reports.read()
        if answer:
            _reap(process)
            failure = Failure(**marshal.loads(answer))  # noqa: S302 - from our own launcher
            raise explain(failure, root=command.root)
        return process


def open_sandbox() -> NamespaceSandbox:
    """Return the sandbox of this machine; whether it works shows when it first runs something.

    Raises:
        PreflightError: if there can't be one on this system.
    """
    if sys.platform != "linux":
        msg = f"no sandbox on {sys.platform!r}: namespaces are a feature of Linux"
        raise PreflightError(msg, hint="build on Linux, or in a Linux virtual machine or container")
    return NamespaceSandbox()


def find_sandbox() -> NamespaceSandbox:
    """Return the sandbox of this machine, after it has shown that it works.

    Raises:
        PreflightError: where there is none, with what would help.
    """
    sandbox = open_sandbox()
    with tempfile.TemporaryDirectory(prefix="longshore-probe-") as folder:
        Path(folder).chmod(0o755)
        program = PurePosixPath("/probe")
        try:
            sandbox.run(Command(root=Path(folder), argv=(str(program),)))
        except PreflightError as error:
            if not error.message.startswith(repr(str(program))):
                raise
    return sandbox


def _specification(command: Command) -> dict[str, object]:
    """Return what the launcher is told, every host path absolute and free of links."""
    if 0 in command.user:
        msg = f"sandbox: refusing to run {command.argv[0]!r} as user {command.user}"
        raise PreflightError(msg, hint="choose a numeric user and group other than 0")
    mounts = list(command.mounts)
    if command.network is Network.HOST:  # names are resolved as the host resolves them
        present = [path for path in map(Path, _NAME_SERVICE) if path.exists()]
        mounts += [Mount(source=path, target=PurePosixPath(path)) for path in present]
    return {
        "root": str(_host_path(command.root)),
        "argv": list(command.argv),
        "env": dict(command.env),
        "cwd": str(command.cwd),
        "mounts": [
            (
                None if mount.source is None else str(_host_path(mount.source)),
                str(mount.target),
                mount.writable,
            )
            for mount in mounts
        ],
        "isolate_network": command.network is Network.NONE,
        "user": list(command.user),
        "memory_bytes": command.limits.memory_bytes,
    }


def _host_path(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except OSError as error:
        msg = f"{path}: can't mount it: {(error.strerror or str(error)).lower()}"
        raise PreflightError(msg) from error


def _launcher_environment() -> dict[str, str]:
    """Return what the launcher's interpreter itself may need to start; the command gets none."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Wait for a launcher that gave up, and close its pipes."""
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
