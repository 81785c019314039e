"""A stand-in for the sandbox: commands run on this machine, with the paths inside mapped back.

For tests of what a command is told and of what is made of its answer. It isolates nothing.
"""

import subprocess
import sys

from longshore.sandbox.interface import Command, Completed


class HostSandbox:
    """Runs each command by this interpreter, each inside path replaced by the mounted one."""

    name = "host"

    def __init__(self) -> None:
        self.runs = 0

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        """Run a Python command and count it."""
        self.runs += 1
        mounts = [(str(m.target), str(m.source)) for m in command.mounts if m.source is not None]

        def outside(text: str) -> str:
            for inside, host in mounts:
                text = text.replace(inside, host)
            return text

        done = subprocess.run(
            [sys.executable, *map(outside, command.argv[1:])],
            input=stdin,
            env={key: outside(value) for key, value in command.env.items()},
            cwd=outside(str(command.cwd)),
            capture_output=True,
            check=False,
        )
        return Completed(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
