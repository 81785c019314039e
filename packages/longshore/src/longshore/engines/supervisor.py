"""The process that watches one process of the builtin engine: ``python -m …engines.supervisor``.

It reads a JSON task from standard input (settings may be secrets: they never are on a command
line), leaves the caller's session for good, starts the process in the sandbox with its output in
the log file, answers one line of JSON on standard output once the process runs or can't, and stays
to write down how it ended. SIGTERM is passed on.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from longshore.engines.identity import ProcessIdentity
from longshore.engines.interface import SIGNAL_BASE
from longshore.engines.status import RunFiles, Status
from longshore.errors import LongshoreError
from longshore.oci.tree_locks import hold
from longshore.sandbox.interface import Command, Mount, Network
from longshore.sandbox.namespaces import NamespaceSandbox

if TYPE_CHECKING:
    import subprocess

SPAWN_FAILED = 126


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
    """Start the process, answer, wait for its end, write it down.

    The caller left a ``.pending`` file. Whoever removes it decides: this supervisor, once its own
    identity is written down, or somebody who cleans up after a killed caller.
    """
    files = RunFiles(folder=Path(task["folder"]), process=task["process"])
    own = ProcessIdentity.of(os.getpid())
    if own is None:
        return
    status = Status(run_id=task["run_id"], supervisor=own)
    status.write(files.status)
    try:
        files.pending.unlink()
    except FileNotFoundError:
        return
    command = decode_command(task["command"])
    with hold(command.root):
        try:
            process = _spawn(command, files.log)
        except LongshoreError as error:
            replace(status, exit_code=SPAWN_FAILED, error=error.message).write(files.status)
            _answer({"error": error.message, "hint": error.hint})
            return
        status = replace(status, process=ProcessIdentity.of(process.pid))
        status.write(files.status)
        # Blocked since the start: one that came meanwhile is passed on now.
        signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _answer({"error": None})
        status.ended(exit_code_of(process.wait())).write(files.status)


def _spawn(command: Command, log: Path) -> "subprocess.Popen[bytes]":
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        # No session of its own: a process whose supervisor was killed is found by the session id.
        return NamespaceSandbox().spawn(
            command, stdout=descriptor, stderr=descriptor, new_session=False
        )
    finally:
        os.close(descriptor)


def _answer(document: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):  # the caller was killed; the process is watched all the same
        os.write(1, json.dumps(document).encode() + b"\n")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # whoever started us must not wait for our end
        os.dup2(null, descriptor)
    os.close(null)


def main() -> None:
    """Detach, then supervise; the caller starts this in a session of its own."""
    task = json.load(sys.stdin)
    os.chdir("/")
    os.umask(0o077)
    if os.fork():  # the caller waits for this one only
        os._exit(0)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    supervise(task)


if __name__ == "__main__":
    main()
