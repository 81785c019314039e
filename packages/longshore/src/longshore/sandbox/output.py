"""Talk to a running process: feed it, collect what it writes, stop at a deadline."""

import os
import selectors
import time
from dataclasses import dataclass
from subprocess import Popen

_CHUNK = 1 << 16


class Tail:
    """The last bytes of a stream; memory stays within twice the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()

    def write(self, chunk: bytes) -> None:
        """Append bytes, forgetting the oldest ones past the limit."""
        self._data += chunk
        if len(self._data) > 2 * self._limit:
            self._trim()

    def getvalue(self) -> bytes:
        """Return what was kept."""
        self._trim()
        return bytes(self._data)

    def _trim(self) -> None:
        del self._data[: max(0, len(self._data) - self._limit)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a process wrote, and whether the time limit ended it."""

    stdout: bytes
    stderr: bytes
    timed_out: bool


def collect(
    process: Popen[bytes], *, stdin: bytes, seconds: float | None, output_bytes: int
) -> Collected:
    """Feed ``stdin`` to a process with three pipes and read both outputs until they end.

    Args:
        process: started with ``PIPE`` for all three streams; it is reaped here.
        stdin: what it reads.
        seconds: after which it is killed; ``None`` waits for ever.
        output_bytes: how much of the end of each output is kept; the rest is read and dropped.
    """
    if process.stdin is None or process.stdout is None or process.stderr is None:
        msg = "collect needs a process with three pipes"
        raise ValueError(msg)
    outputs = {process.stdout: Tail(output_bytes), process.stderr: Tail(output_bytes)}
    pending = memoryview(stdin)
    deadline = None if seconds is None else time.monotonic() + seconds
    timed_out = False
    with selectors.DefaultSelector() as selector, process:
        for stream in outputs:
            selector.register(stream, selectors.EVENT_READ)
        if pending:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        try:
            while selector.get_map():
                left = None if deadline is None or timed_out else deadline - time.monotonic()
                if left is not None and left <= 0:
                    process.kill()
                    timed_out = True
                    continue
                for key, _ in selector.select(left):
                    if key.fileobj is process.stdin:
                        pending = _feed(key.fd, pending)
                        done = not pending
                    else:
                        chunk = os.read(key.fd, _CHUNK)
                        outputs[key.fileobj].write(chunk)  # type: ignore[index]
                        done = not chunk
                    if done:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()  # type: ignore[union-attr]
        except BaseException:
            process.kill()
            raise
    stdout, stderr = (tail.getvalue() for tail in outputs.values())
    return Collected(stdout=stdout, stderr=stderr, timed_out=timed_out)


def _feed(descriptor: int, pending: memoryview) -> memoryview:
    """Write what fits; a reader that went away needs nothing more."""
    try:
        return pending[os.write(descriptor, pending[:_CHUNK]) :]
    except BrokenPipeError:
        return pending[:0]
