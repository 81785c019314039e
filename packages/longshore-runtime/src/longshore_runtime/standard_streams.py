"""Keep the numbers of the standard streams taken.

A process that was started with standard output closed gives its number to the next file that it
opens, which may be a client's connection: every line of the log would go there.
"""

from __future__ import annotations

import os

STANDARD = (0, 1, 2)


def reserve_standard_streams() -> list[int]:
    """Open the null device in place of closed standard streams; returns their numbers."""
    closed = []
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 -- as it is
            closed.append(number)
    return closed
