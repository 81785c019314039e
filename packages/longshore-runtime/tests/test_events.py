"""The event log: one line each, bounded, never waiting."""

from __future__ import annotations

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from longshore_runtime.events import LINE_LIMIT, EventLog, render_event, render_time


def test_line_has_the_common_fields(read_end: int, write_end: int) -> None:
    EventLog(write_end).emit("boot", "up", level="warning", port=1)
    line = json.loads(os.read(read_end, LINE_LIMIT))
    assert line["event"] == "boot"
    assert line["message"] == "up"
    assert (line["level"], line["severity"]) == ("warning", "WARNING")
    assert line["port"] == 1
    assert line["timestamp"].endswith("Z")


def test_stalled_reader_never_blocks_and_the_loss_is_counted(read_end: int, write_end: int) -> None:
    os.set_blocking(write_end, False)
    filled = 0
    try:
        while True:
            filled += os.write(write_end, b"x" * 65536)
    except BlockingIOError:
        os.set_blocking(write_end, True)
    log = EventLog(write_end)
    log.emit("one", "lost")
    log.emit("two", "lost")
    assert log.dropped == 2
    while filled > 0:
        filled -= len(os.read(read_end, min(filled, 65536)))
    log.emit("three", "kept")
    assert json.loads(os.read(read_end, LINE_LIMIT))["dropped_lines"] == 2


def test_closed_reader_is_counted_not_raised(read_end: int, write_end: int) -> None:
    os.close(read_end)
    log = EventLog(write_end)
    log.emit("one", "lost")
    assert log.dropped == 1


def test_closed_descriptor_is_counted_not_raised() -> None:
    log = EventLog(1 << 20)
    log.emit("one", "lost")
    assert log.dropped == 1


@given(
    st.text(max_size=6000),
    st.dictionaries(st.text(max_size=30), st.text(max_size=6000), max_size=30),
)
def test_every_line_is_json_and_fits_into_an_atomic_write(
    message: str, fields: dict[str, str]
) -> None:
    line = render_event("any", message, level="info", dropped=0, fields=dict(fields))
    assert len(line) <= LINE_LIMIT
    assert line.count(b"\n") == 1
    json.loads(line)


def test_time_is_rfc_3339_in_utc_with_milliseconds() -> None:
    assert render_time(1_700_000_000.25) == "2023-11-14T22:13:20.250Z"
