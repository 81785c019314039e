"""Replace this process by the supervisor of a command, in an interpreter without extras."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from longshore_runtime.options import Options

PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from longshore_runtime.supervisor import main; sys.exit(main(sys.argv[2:]))"
)
FLAGS: Final = ("-I", "-S", "-B")
"""Isolated, without ``site``, without writing bytecode: less memory, and nothing to configure."""


def supervise(
    options: Options, command: tuple[str, ...], boot: dict[str, object] | None = None
) -> NoReturn:
    """Become the supervisor; the process id stays the same.

    Args:
        options: host, management port and budget.
        command: what it runs.
        boot: what the boot line says of a server that we have composed; see ``Settings``.

    Raises:
        ServeError: the management port cannot be bound.
    """
    management = -1
    if options.management_port is not None:
        from longshore_runtime.listener import bind_socket  # noqa: PLC0415 -- sockets only if asked

        management = bind_socket(options.host, options.management_port).detach()
    budget = options.budget
    settings = {
        "delay": budget.delay,
        "patience": max(budget.deadline - budget.delay, 0.1),
        "management_fd": management,
        "startup": budget.startup,
        "boot": boot or {},
    }
    # Kept for the supervisor, which unblocks them when it is ready to take them.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(  # noqa: S606 -- becoming another program, without a shell, is the point
        sys.executable,
        [
            sys.executable,
            *FLAGS,
            "-c",
            PROGRAM,
            str(Path(__file__).parent.parent),
            json.dumps(settings),
            *command,
        ],
    )
