"""The process that watches one process of the builtin engine: ``python -m …engines.supervisor``.

It reads a JSON task from standard input (settings may be secrets: they never are on a command
line), leaves the caller's session for good, starts the process in the sandbox with its output in
the log file, answers one line of JSON on standard output once the process runs or can't, and stays
to start it again by its rule and to write down how it ended. SIGTERM is passed on.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import SIGNAL_BASE
from longshore.engines.keeping import (
    SPAWN_FAILED,
    Interruption,
    close_streams,
    detach,
    take_on,
    watch_over,
)
from longshore.engines.restart import Ending
from longshore.engines.status import RunFiles
from longshore.errors import LongshoreError
from longshore.oci.tree_locks import hold
from longshore.sandbox.interface import Command, Mount, Network
from longshore.sandbox.launch.kernel import prctl
from longshore.sandbox.namespaces import NamespaceSandbox

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def encode_command(command: Command) -> dict[str, Any]:
    """Return a command as a JSON object."""
    return {
        "root": str(command.root),
        "argv": list(command.argv),
        "env": dict(command.env),
        "cwd": str(command.cwd),
        "mounts": [
            [None if each.source is None else str(each.source), str(each.target), each.writable]
            for each in command.mounts
        ],
        "network": command.network.value,
        "user": list(command.user),
    }


def decode_command(document: Mapping[str, Any]) -> Command:
    """Read what ``encode_command`` returned."""
    uid, gid = document["user"]
    return Command(
        root=Path(document["root"]),
        argv=tuple(document["argv"]),
        env=document["env"],
        cwd=PurePosixPath(document["cwd"]),
        mounts=tuple(
            Mount(
                source=None if source is None else Path(source),
                target=PurePosixPath(target),
                writable=writable,
            )
            for source, target, writable in document["mounts"]
        ),
        network=Network(document["network"]),
        user=(uid, gid),
    )


def exit_code_of(returncode: int) -> int:
    """Return the exit code as a shell would: 128 plus the number of the signal that ended it."""
    return returncode if returncode >= 0 else SIGNAL_BASE - returncode


def supervise(task: Mapping[str, Any]) -> None:
    """Start the process, answer, watch it to its end and over its restarts."""
    files = RunFiles(folder=Path(task["folder"]), process=task["process"])
    status = take_on(files, run_id=task["run_id"])
    if status is None:
        return
    command = decode_command(task["command"])
    # A launcher that is killed leaves its process to us: that has gone before the next one starts.
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    with hold(command.root):
        try:
            first = _Sandboxed(command, files.log, fresh=True)
        except LongshoreError as error:
            status.ended(SPAWN_FAILED, error=error.message).write(files.status)
            _answer({"error": error.message, "hint": error.hint})
            return
        status = replace(status, process=first.identity)
        status.write(files.status)
        interruption = Interruption()
        _answer({"error": None})
        watch_over(
            first,
            lambda: _Sandboxed(command, files.log),
            files=files,
            status=status,
            interruption=interruption,
        )


class _Sandboxed:
    """A process in the sandbox, which writes to the log file."""

    def __init__(self, command: Command, log: Path, *, fresh: bool = False) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0)
        descriptor = os.open(log, flags, 0o600)
        try:
            # No session of its own: a process whose supervisor was killed is found by the session.
            self._process = NamespaceSandbox().spawn(
                command, stdout=descriptor, stderr=descriptor, new_session=False
            )
        finally:
            os.close(descriptor)
        self._pidfd = os.pidfd_open(self._process.pid)
        self.identity = ProcessIdentity.of(self._process.pid)

    def wait(self, interruption: Interruption) -> Ending:
        """Wait, and pass an interruption on; return when no process of it is left."""
        is_told = False
        while self._process.poll() is None:
            if interruption.is_requested and not is_told:
                self._process.terminate()
                is_told = True
            interruption.wait(self._pidfd)
        os.close(self._pidfd)
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        return Ending(exit_code=exit_code_of(self._process.returncode))


def _answer(document: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):  # the caller was killed; the process is watched all the same
        os.write(1, json.dumps(document).encode() + b"\n")
    close_streams()


def main() -> None:
    """Detach, then supervise; the caller starts this in a session of its own."""
    task = json.load(sys.stdin)
    detach()
    supervise(task)


if __name__ == "__main__":
    main()
