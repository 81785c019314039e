"""What podman writes down of a container's output."""

import time

import pytest

from longshore.engines.podman_logs import ContainerLog, EndOfContainer, join_parts

STAMP = b"2026-11-27T10:34:40.673025354+00:00"


class Lines(list[bytes]):
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ([b"stdout F one", b"stderr F two words"], [b"one", b"two words"]),
        ([b"stdout F ", b"stdout F"], [b"", b""]),
        ([b"stdout P abc", b"stdout P def", b"stdout F g"], [b"abcdefg"]),
        ([b"stdout P cut off"], [b"cut off"]),
        ([b"stdout F  indented"], [b" indented"]),
    ],
)
def test_lines_are_what_the_process_wrote(written: list[bytes], lines: list[bytes]) -> None:
    assert list(join_parts(Lines(STAMP + b" " + line for line in written))) == lines


def test_closing_closes_both() -> None:
    lines, closed = Lines(), []
    ContainerLog(lines, closing=lambda: closed.append(1)).close()
    assert (lines.closed, closed) == (True, [1])


def test_end_of_a_container_is_waited_for_by_a_program() -> None:
    ended = EndOfContainer(["true"], environment={"PATH": "/usr/bin:/bin"})
    deadline = time.monotonic() + 20
    while not ended.has_come():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lasting = EndOfContainer(["sleep", "60"], environment={"PATH": "/usr/bin:/bin"})
    assert not lasting.has_come()
    lasting.close()
    assert lasting.has_come()
    EndOfContainer(["false"], environment={}).close()
