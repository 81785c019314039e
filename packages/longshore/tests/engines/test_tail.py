"""Reading and following log files."""

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engines import tail as module
from longshore.engines.tail import FileLog


def never() -> bool:
    return False


def read(path: Path, tail: int | None = None) -> list[bytes]:
    return list(FileLog(path, follow=False, tail=tail, is_over=never))


def test_absent_file_has_no_lines(tmp_path: Path) -> None:
    assert read(tmp_path / "absent") == []


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one\n\nthree")
    assert read(tmp_path / "log") == [b"one", b"", b"three"]


@given(
    lines=st.lists(st.binary(max_size=5).map(lambda line: line.replace(b"\n", b""))),
    count=st.integers(0, 12),
    ended=st.booleans(),
    block=st.integers(1, 8),
)
def test_tail_is_the_end_of_all_lines(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    count: int,
    ended: bool,
    block: int,
) -> None:
    path = tmp_path_factory.mktemp("tail") / "log"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended and lines else b""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        everything = read(path)
        assert read(path, tail=count) == everything[len(everything) - min(count, len(everything)) :]


def follow(path: Path, is_over: Callable[[], bool]) -> tuple[FileLog, "SimpleQueue[bytes | None]"]:
    log = FileLog(path, follow=True, tail=None, is_over=is_over)
    lines: SimpleQueue[bytes | None] = SimpleQueue()

    def pump() -> None:
        for line in log:
            lines.put(line)
        lines.put(None)

    Thread(target=pump, daemon=True).start()
    return log, lines


def test_following_gives_lines_as_they_come_and_all_that_came_before_the_end(
    tmp_path: Path,
) -> None:
    path, over = tmp_path / "log", Event()
    path.write_bytes(b"one\nhal")
    _, lines = follow(path, over.is_set)
    assert lines.get(timeout=10) == b"one"
    with path.open("ab") as file:
        file.write(b"f\n")
        file.flush()
        assert lines.get(timeout=10) == b"half"
        file.write(b"last")
    over.set()
    assert lines.get(timeout=10) == b"last"
    assert lines.get(timeout=10) is None


def test_closing_ends_the_following(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one\n")
    log, lines = follow(tmp_path / "log", never)
    assert lines.get(timeout=10) == b"one"
    log.close()
    assert lines.get(timeout=10) is None
