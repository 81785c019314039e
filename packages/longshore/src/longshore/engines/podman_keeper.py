"""The process that starts a container again: ``python -m longshore.engines.podman_keeper``.

Podman could restart containers by itself, but at once, without a pause that grows, and without
telling afterwards how often and why. This does what the builtin engine's supervisor does. It reads
a JSON task from standard input; SIGTERM ends it and leaves the container alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longshore.engines.identity import ProcessIdentity
from longshore.engines.keeping import Interruption, close_streams, detach, take_on, watch_over
from longshore.engines.restart import Ending
from longshore.engines.status import RunFiles
from longshore.errors import LongshoreError

_FORMAT = "{{.State.Pid}} {{.State.ExitCode}} {{.State.OOMKilled}}"


class StartError(LongshoreError):
    """Podman can't start a container again."""


class Container:
    """A container that was started.

    Args:
        program: podman.
        name: the container's.
    """

    identity = None
    """Podman's own business: whoever ends the container asks podman."""

    def __init__(self, program: str, name: str) -> None:
        self._program = program
        self._name = name

    def again(self) -> "Container":
        """Start it once more.

        Raises:
            StartError: if podman can't, with its reason.
        """
        completed = _podman(self._program, "start", self._name)
        if completed.returncode != 0:
            raise StartError(completed.stderr.decode("utf-8", "replace").strip()[-500:])
        return self

    def wait(self, interruption: Interruption) -> Ending | None:
        """Wait for its end: first for the kernel, which costs nothing, then for podman."""
        pid = self._look()[0]
        descriptor = _open(pid)
        while descriptor is not None and not interruption.is_requested:
            interruption.wait(descriptor)
            if not _is_alive(pid):
                break
        if descriptor is not None:
            os.close(descriptor)
        if interruption.is_requested:
            return None
        _podman(self._program, "wait", self._name)
        _, code, out_of_memory = self._look()
        return Ending(exit_code=code, out_of_memory=out_of_memory)

    def _look(self) -> tuple[int, int | None, bool]:
        argv = ("container", "inspect", "--format", _FORMAT, self._name)
        completed = _podman(self._program, *argv)
        if completed.returncode != 0:  # somebody else has removed it
            return 0, None, False
        pid, code, out_of_memory = completed.stdout.decode().split()
        return int(pid), int(code), out_of_memory == "true"


def keep(task: Mapping[str, Any]) -> None:
    """Watch a container that runs, over its restarts."""
    files = RunFiles(folder=Path(task["folder"]), process=task["process"])
    status = take_on(files, run_id=task["run_id"])
    if status is None:
        return
    container = Container(task["program"], task["container"])
    watch_over(container, container.again, files=files, status=status, interruption=Interruption())


def _podman(program: str, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [program, *argv], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


def _open(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid) if pid > 0 else None
    except OSError:
        return None


def _is_alive(pid: int) -> bool:
    return ProcessIdentity.of(pid) is not None


def main() -> None:
    """Detach, then keep; the caller starts this in a session of its own."""
    task = json.load(sys.stdin)
    folder = Path.cwd()
    detach()
    os.chdir(folder)
    close_streams()
    keep(task)


if __name__ == "__main__":
    main()
