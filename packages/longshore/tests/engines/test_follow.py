"""Several outputs as one, and the foreground of `up`."""

import _thread
import signal
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event
from typing import Any

import pytest

from longshore.engines.follow import Departure, attend, interleave, show_in_turn


class Stream:
    """Lines that the test puts in."""

    def __init__(self, *lines: bytes | None) -> None:
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self.closed = False
        for line in lines:
            self._queue.put(line)

    def put(self, line: bytes | None) -> None:
        self._queue.put(line)

    def close(self) -> None:
        self.closed = True
        self._queue.put(None)

    def __iter__(self) -> Iterator[bytes]:
        while (line := self._queue.get()) is not None:
            yield line


class Screen:
    """Remembers what was shown; ``interrupt_at`` presses Ctrl-C at a line."""

    def __init__(self, *interrupt_at: bytes) -> None:
        self.lines: list[tuple[str, bytes]] = []
        self._interrupt_at = interrupt_at

    def __call__(self, name: str, line: bytes) -> None:
        self.lines.append((name, line))
        if line in self._interrupt_at:
            _thread.interrupt_main()


def nothing() -> None:
    pass


def never() -> None:
    pytest.fail("killed")


QUIET: dict[str, Any] = {"kill": never, "ready": nothing}


def test_streams_in_turn() -> None:
    screen = Screen()
    show_in_turn({"a": Stream(b"1", b"2", None), "b": Stream(b"3", None)}, show=screen)
    assert screen.lines == [("a", b"1"), ("a", b"2"), ("b", b"3")]


def test_interleaved_streams_end_with_the_last_one() -> None:
    screen = Screen()
    streams = {"a": Stream(b"1", None), "b": Stream(b"2", b"3", None)}
    interleave(streams, show=screen)
    assert sorted(screen.lines) == [("a", b"1"), ("b", b"2"), ("b", b"3")]
    assert all(stream.closed for stream in streams.values())


def test_process_that_ends_by_itself_stops_the_others_and_all_is_shown() -> None:
    screen, web, worker = Screen(), Stream(b"up"), Stream(b"bye", None)

    def stop() -> None:
        web.put(b"drained")
        web.put(None)

    ended = attend({"web": web, "worker": worker}, show=screen, stop=stop, **QUIET)
    assert ended == "worker"
    assert screen.lines[-1] == ("web", b"drained")


def test_first_interrupt_stops_in_good_order() -> None:
    screen, web = Screen(b"up"), Stream(b"up")

    def stop() -> None:
        web.put(b"drained")
        web.put(None)

    assert attend({"web": web}, show=screen, stop=stop, **QUIET) is None
    assert screen.lines == [("web", b"up"), ("web", b"drained")]


def test_second_interrupt_kills() -> None:
    killed = Event()
    screen, web = Screen(b"up", b"draining"), Stream(b"up")

    def stop() -> None:
        web.put(b"draining")
        assert killed.wait(10)
        web.put(None)

    with pytest.raises(KeyboardInterrupt):
        attend({"web": web}, show=screen, stop=stop, kill=killed.set, ready=nothing)
    assert killed.is_set()


def test_failure_to_stop_is_raised() -> None:
    web = Stream(None)

    def stop() -> None:
        msg = "no"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no"):
        attend({"web": web}, show=Screen(), stop=stop, kill=nothing, ready=nothing)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_as_soon_as_it_is_ready_is_heeded(number: signal.Signals) -> None:
    web = Stream()
    before = signal.getsignal(number)
    ended = attend(
        {"web": web},
        show=Screen(),
        ready=lambda: signal.raise_signal(number),
        stop=lambda: web.put(None),
        kill=never,
    )
    assert ended is None
    assert signal.getsignal(number) is before


def test_everything_is_stopped_before_it_returns() -> None:
    stopped = Event()
    web = Stream(None)

    def stop() -> None:
        Event().wait(0.05)
        stopped.set()

    assert attend({"web": web}, show=Screen(), stop=stop, **QUIET) == "web"
    assert stopped.is_set()


def test_departure_ends_it_and_stops_nothing() -> None:
    web, departure = Stream(), Departure()
    ended = attend(
        {"web": web},
        show=Screen(),
        stop=never,
        departure=departure,
        kill=never,
        ready=departure.request,
    )
    assert ended is None
    assert departure.is_taken
    assert web.closed


def test_departure_that_was_asked_for_before_is_heeded() -> None:
    departure = Departure()
    departure.request()
    departure.request()
    attend({"web": Stream()}, show=Screen(), stop=never, departure=departure, **QUIET)
    assert departure.is_taken


def test_departure_comes_too_late_once_the_end_has_begun() -> None:
    web, departure = Stream(), Departure()

    def stop() -> None:
        departure.request()
        web.put(None)

    attend(
        {"web": web, "worker": Stream(None)},
        show=Screen(),
        stop=stop,
        departure=departure,
        **QUIET,
    )
    assert not departure.is_taken


def test_process_that_is_done_ends_nothing_while_others_go_on() -> None:
    screen, web, batch = Screen(b"last"), Stream(), Stream(b"worked", None)

    def is_done(name: str) -> bool:
        web.put(b"last")
        return name == "batch"

    def stop() -> None:
        web.put(None)

    streams = {"web": web, "batch": batch}
    assert attend(streams, show=screen, stop=stop, is_done=is_done, **QUIET) is None
    assert screen.lines == [("batch", b"worked"), ("web", b"last")]


def test_attendance_ends_when_all_are_done() -> None:
    streams = {"one": Stream(None), "two": Stream(None)}
    ended = attend(streams, show=Screen(), stop=nothing, is_done=lambda _: True, **QUIET)
    assert ended is None


def test_somebody_looks_while_nothing_happens() -> None:
    web, looks = Stream(), []

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            _thread.interrupt_main()

    attend({"web": web}, show=Screen(), stop=lambda: web.put(None), look=look, **QUIET)
    assert len(looks) >= 3


def test_closed_terminal_is_nothing_to_a_program_that_was_started_with_nohup() -> None:
    screen, web = Screen(b"later"), Stream()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def ready() -> None:
        signal.raise_signal(signal.SIGHUP)
        web.put(b"later")

    try:
        attend({"web": web}, show=screen, ready=ready, stop=lambda: web.put(None), kill=never)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert screen.lines == [("web", b"later")]
