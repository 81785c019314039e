"""Progress: one line per step, JSON lines, bars."""

import io
import json
import threading

import pytest

from longshore.cli.reporter import (
    BarReporter,
    JsonReporter,
    LineReporter,
    OnceReporter,
    Pace,
    make_reporter,
)
from longshore.cli.terminal import OutputFormat, OutputSettings, Terminal
from longshore.types import Event, Phase


class Tty(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def make_terminal(stderr: io.StringIO, **settings: object) -> Terminal:
    return Terminal(
        stdout=stderr,
        stderr=stderr,
        settings=OutputSettings(**settings),  # type: ignore[arg-type] # options by name
        environment={"NO_COLOR": "1", "TERM": "xterm"},
    )


def make_event(phase: Phase, *, kind: str = "wheel.fetch", detail: str = "") -> Event:
    return Event(kind=kind, subject="sqlalchemy 2.1", phase=phase, detail=detail)


@pytest.mark.parametrize(
    ("stream", "settings", "kind"),
    [
        (Tty, {}, BarReporter),
        (Tty, {"verbosity": -1}, LineReporter),
        (Tty, {"format": OutputFormat.JSON}, JsonReporter),
        (io.StringIO, {}, LineReporter),
        (io.StringIO, {"format": OutputFormat.JSON}, JsonReporter),
    ],
)
def test_the_reporter_suits_the_stream_and_the_options(
    stream: type[io.StringIO], settings: dict[str, object], kind: type
) -> None:
    assert type(make_reporter(make_terminal(stream(), **settings))) is kind


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (make_event(Phase.DONE), "fetched wheel sqlalchemy 2.1\n"),
        (make_event(Phase.DONE, detail="2.1 MB"), "fetched wheel sqlalchemy 2.1 (2.1 MB)\n"),
        (make_event(Phase.DONE, kind="layer.encode"), "encoded layer sqlalchemy 2.1\n"),
        (make_event(Phase.DONE, kind="service.stop"), "stopped service sqlalchemy 2.1\n"),
        (make_event(Phase.DONE, kind="build"), "built sqlalchemy 2.1\n"),
        (make_event(Phase.CACHED), ""),
        (make_event(Phase.STARTED), ""),
        (make_event(Phase.PROGRESS), ""),
        (make_event(Phase.NOTE, detail="has no hash"), "sqlalchemy 2.1: has no hash\n"),
        (make_event(Phase.WARNING, detail="is old"), "warning: sqlalchemy 2.1: is old\n"),
        (make_event(Phase.FAILED, detail="gone"), ""),
    ],
)
def test_a_finished_step_is_one_line(event: Event, line: str) -> None:
    stream = io.StringIO()
    reporter = LineReporter(make_terminal(stream))
    reporter.report(event)
    reporter.close()
    assert stream.getvalue() == line


@pytest.mark.parametrize(
    ("verbosity", "lines"),
    [
        (-1, []),
        (0, ["fetched wheel sqlalchemy 2.1"]),
        (
            1,
            [
                "fetch wheel sqlalchemy 2.1",
                "fetched wheel sqlalchemy 2.1 from the cache",
                "fetched wheel sqlalchemy 2.1",
                "sqlalchemy 2.1: fetch failed",
            ],
        ),
    ],
)
def test_verbosity_decides_which_steps_are_lines(verbosity: int, lines: list[str]) -> None:
    stream = io.StringIO()
    reporter = LineReporter(make_terminal(stream, verbosity=verbosity))
    for phase in (Phase.STARTED, Phase.CACHED, Phase.DONE, Phase.FAILED):
        reporter.report(make_event(phase))
    reporter.close()
    assert stream.getvalue().splitlines() == lines


def test_json_lines_have_every_field_that_is_said() -> None:
    stream = io.StringIO()
    reporter = JsonReporter(make_terminal(stream, format=OutputFormat.JSON))
    reporter.report(
        Event(kind="wheel.fetch", subject="a", phase=Phase.PROGRESS, done=1, total=2, detail="x")
    )
    reporter.report(Event(kind="wheel.fetch", subject="a", phase=Phase.DONE))
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {
            "event": "wheel.fetch",
            "subject": "a",
            "phase": "progress",
            "done": 1,
            "total": 2,
            "detail": "x",
        },
        {"event": "wheel.fetch", "subject": "a", "phase": "done", "done": None, "total": None},
    ]


def test_quiet_json_has_warnings_and_failures_only() -> None:
    stream = io.StringIO()
    reporter = JsonReporter(make_terminal(stream, format=OutputFormat.JSON, verbosity=-1))
    for phase in Phase:
        reporter.report(make_event(phase))
    phases = [json.loads(line)["phase"] for line in stream.getvalue().splitlines()]
    assert sorted(phases) == ["failed", "warning"]


def test_progress_is_rationed_by_subject_and_nothing_else_is() -> None:
    pace = Pace(3600)
    other = Event(kind="wheel.fetch", subject="other", phase=Phase.PROGRESS)
    assert pace.admits(make_event(Phase.PROGRESS))
    assert not pace.admits(make_event(Phase.PROGRESS))
    assert pace.admits(other)
    assert pace.admits(make_event(Phase.DONE))
    assert pace.admits(make_event(Phase.PROGRESS))


# Bars -----------------------------------------------------------------------------------------


def test_bars_come_and_go_and_steps_stay() -> None:
    stream = Tty()
    reporter = BarReporter(make_terminal(stream))
    reporter.report(make_event(Phase.STARTED))
    reporter.report(
        Event(kind="wheel.fetch", subject="sqlalchemy 2.1", phase=Phase.PROGRESS, done=5, total=10)
    )
    assert "fetch wheel sqlalchemy 2.1" in stream.getvalue()
    stream.truncate(0)
    reporter.report(make_event(Phase.DONE))
    reporter.close()
    reporter.close()
    assert stream.getvalue().endswith("fetched wheel sqlalchemy 2.1\n")


def test_data_and_talk_are_not_painted_over() -> None:
    stream = Tty()
    terminal = make_terminal(stream)
    reporter = BarReporter(terminal)
    reporter.report(make_event(Phase.STARTED))
    reporter.report(Event(kind="wheel.fetch", subject="other", phase=Phase.STARTED))
    stream.truncate(0)
    terminal.data("answer")
    # The bars are gone (their lines are erased) before the answer, and nothing follows it.
    assert stream.getvalue().endswith("answer\n")
    assert "fetch wheel" not in stream.getvalue().rpartition("\x1b[2K")[2]
    stream.truncate(0)
    reporter.report(make_event(Phase.PROGRESS))
    again = stream.getvalue()
    assert "fetch wheel other" in again
    assert "\x1b[1A" not in again.partition("fetch wheel")[0]
    terminal.say("talk")
    above, _, below = stream.getvalue().partition("talk\n")
    assert "\x1b[2K" in above
    assert "fetch wheel" in below
    reporter.close()


def test_a_failure_closes_the_bar_of_its_subject() -> None:
    stream = Tty()
    reporter = BarReporter(make_terminal(stream))
    reporter.report(make_event(Phase.STARTED))
    shown = stream.getvalue()
    reporter.report(make_event(Phase.FAILED))
    after = stream.getvalue().removeprefix(shown)
    assert "\x1b[2K" in after
    assert "fetch wheel" not in after.rpartition("\x1b[2K")[2]


def test_what_takes_no_time_gets_no_bar() -> None:
    stream = Tty()
    reporter = BarReporter(make_terminal(stream))
    reporter.report(make_event(Phase.STARTED, kind="engine.choose"))
    assert stream.getvalue() == ""
    reporter.close()


def test_many_threads_may_report_and_talk() -> None:
    stream = Tty()
    terminal = make_terminal(stream)
    reporter = BarReporter(terminal)

    def work(number: int) -> None:
        for step in range(20):
            subject = f"{number}.{step}"
            reporter.report(Event(kind="wheel.fetch", subject=subject, phase=Phase.STARTED))
            terminal.say(f"talk {subject}")
            reporter.report(Event(kind="wheel.fetch", subject=subject, phase=Phase.DONE))

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    reporter.close()
    lines = stream.getvalue()
    assert all(f"talk {number}.19\n" in lines for number in range(4))
    assert "fetched 80 wheels in " in lines


def test_what_is_said_of_a_watched_project_is_said_once() -> None:
    stream = io.StringIO()
    reporter = OnceReporter(LineReporter(make_terminal(stream)))
    for detail in ("asgi shop:app", "asgi shop:app", "asgi shop:api"):
        reporter.report(make_event(Phase.NOTE, kind="project.detect", detail=detail))
        reporter.report(make_event(Phase.NOTE, kind="service.note", detail="replaced"))
    reporter.close()
    lines = stream.getvalue().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == [
        "asgi shop:app",
        "replaced",
        "replaced",
        "asgi shop:api",
        "replaced",
    ]
