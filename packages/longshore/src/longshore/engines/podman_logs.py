"""What podman wrote down of a container's output (``k8s-file``): followed over restarts.

``podman logs --follow`` ends with the first exit. The file goes on: each line is a time, the
stream, ``F`` or ``P`` for a whole line or a part of one, and the text.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence

from longshore.engines.interface import LogStream

_PART = b"P"
_FIELDS = 3


class ContainerLog:
    """The lines of a log file without what podman adds.

    Args:
        lines: the file's.
        closing: called when nobody reads any more.
    """

    def __init__(self, lines: LogStream, *, closing: Callable[[], None]) -> None:
        self._lines = lines
        self._closing = closing

    def __iter__(self) -> Iterator[bytes]:
        """Give the lines."""
        return join_parts(self._lines)

    def close(self) -> None:
        """Stop following."""
        self._lines.close()
        self._closing()


def join_parts(lines: LogStream) -> Iterator[bytes]:
    """Yield the text of each line; long ones are in parts."""
    rest = b""
    for line in lines:
        fields = line.split(b" ", _FIELDS)
        text = fields[_FIELDS] if len(fields) > _FIELDS else b""
        if len(fields) >= _FIELDS and fields[2] == _PART:
            rest += text
            continue
        yield rest + text
        rest = b""
    if rest:
        yield rest


class EndOfContainer:
    """Waits for the end of a container that nobody keeps; podman is started when first asked."""

    def __init__(self, argv: Sequence[str], *, environment: Mapping[str, str]) -> None:
        self._argv = argv
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def has_come(self) -> bool:
        """Tell whether it has ended, or is not there."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._argv,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # after Ctrl-C, the last lines are still to come
            )
        return self._process.poll() is not None

    def close(self) -> None:
        """End the waiting."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
