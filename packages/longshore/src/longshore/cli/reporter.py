"""Reporters for people and for programs: bars on a terminal, one line per step, JSON lines."""

import threading
import time
from typing import TYPE_CHECKING

from longshore.cli.stages import Pulse, Stages
from longshore.cli.terminal import Terminal
from longshore.types.event import Event, NullReporter, Phase

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PAST = {"build": "built", "choose": "chose", "read": "read", "stop": "stopped", "write": "wrote"}
# Steps that take no time: they start and never report an end, so they get no bar.
_INSTANT = frozenset({"engine.choose"})
_ABOUT_THE_PROJECT = frozenset({"build", "project", "source"})
_ALWAYS = frozenset({Phase.WARNING, Phase.FAILED})
_INTERVAL = 0.5
_BAR_INTERVAL = 0.05


def make_reporter(terminal: Terminal) -> "ClosableReporter":
    """Return the reporter that suits where standard error goes and what was asked for."""
    if terminal.wants_json:
        return JsonReporter(terminal)
    if terminal.interactive and terminal.verbosity >= 0:
        return BarReporter(terminal)
    return LineReporter(terminal)


class ClosableReporter(NullReporter):
    """A reporter that may hold the terminal until it is closed."""

    def close(self) -> None:
        """Give the terminal back; closing twice is harmless."""


class OnceReporter(ClosableReporter):
    """Passes on each note about the project once: whoever watches one builds it again and again.

    Args:
        reporter: hears of everything else, too.
    """

    def __init__(self, reporter: ClosableReporter) -> None:
        self._reporter = reporter
        self._said: set[Event] = set()

    def report(self, event: Event) -> None:
        """Pass the event on, unless it is a note that was."""
        if event.phase is Phase.NOTE and event.kind.partition(".")[0] in _ABOUT_THE_PROJECT:
            if event in self._said:
                return
            self._said.add(event)
        self._reporter.report(event)

    def close(self) -> None:
        """Give the terminal back."""
        self._reporter.close()


class LineReporter(ClosableReporter):
    """Writes one line per finished step; by default, one for all steps of a kind.

    Args:
        terminal: where lines go.
        alone: nothing else shows that work goes on.
    """

    def __init__(self, terminal: Terminal, *, alone: bool = True) -> None:
        self._terminal = terminal
        self._lock = threading.Lock()
        counts = terminal.verbosity == 0
        self._stages = Stages(self._say, _describe) if counts else None
        self._pulse = Pulse(terminal.say, _describe) if alone and terminal.verbosity >= 0 else None

    def report(self, event: Event) -> None:
        """Write the event, unless it only says that work goes on."""
        if self._pulse is not None and event.kind not in _INSTANT:
            self._pulse.note(event)
        if self.count(event):
            return
        if event.phase is Phase.WARNING:
            self._terminal.problem("warning", _describe(event))
        elif event.phase in (Phase.DONE, Phase.NOTE):
            self._say(_describe(event))
        elif event.phase in (Phase.CACHED, Phase.STARTED, Phase.FAILED):
            # A failed step raises, and the error that ends the command says why.
            self._terminal.detail(_describe(event))

    def count(self, event: Event) -> bool:
        """Take an event into account; return whether it needs no line of its own."""
        with self._lock:
            return self._stages is not None and self._stages.take(event)

    def close(self) -> None:
        """Write what was collected."""
        if self._pulse is not None:
            self._pulse.close()
        with self._lock:
            if self._stages is not None:
                self._stages.flush()

    def _say(self, line: str) -> None:
        self._terminal.say(line)
        if self._pulse is not None:
            self._pulse.spoken()


class JsonReporter(ClosableReporter):
    """Writes events as JSON lines on standard error, progress at most twice a second each."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._pace = Pace(_INTERVAL)

    def report(self, event: Event) -> None:
        """Write the event, unless it is one progress report too many."""
        if not self._pace.admits(event):
            return
        if self._terminal.verbosity < 0 and event.phase not in _ALWAYS:
            return
        document = {
            "event": event.kind,
            "subject": event.subject,
            "phase": event.phase.value,
            "done": event.done,
            "total": event.total,
            "detail": event.detail,
        }
        self._terminal.talk_json({name: value for name, value in document.items() if value != ""})


class BarReporter(ClosableReporter):
    """Shows a bar for everything that is under way, and a line for what is finished."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lines = LineReporter(terminal, alone=False)
        self._pace = Pace(_BAR_INTERVAL)
        self._lock = terminal.lock
        self._under_way: dict[tuple[str, str], Event] = {}
        self._progress: Progress | None = None
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def report(self, event: Event) -> None:
        """Move the bar of the event's subject, or write the event's line above the bars."""
        if not self._pace.admits(event):
            return
        with self._lock:
            if event.phase in (Phase.STARTED, Phase.PROGRESS) and event.kind not in _INSTANT:
                self._lines.count(event)
                self._move(event)
                return
            self._drop(event)
            self._lines.report(event)

    def close(self) -> None:
        """Clear the bars for good."""
        with self._lock:
            self.pause()
            self._under_way.clear()
            self._lines.close()

    def write_above(self, text: str) -> None:
        """Write lines above the bars."""
        with self._lock:
            if self._progress is not None:
                console = self._progress.console
                console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def pause(self) -> None:
        """Clear the bars; the next movement shows them again."""
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                # Not started again: it would first erase as many lines as it had.
                self._progress = None
                self._tasks.clear()
                self._terminal.attach(None)

    def _move(self, event: Event) -> None:
        key = (event.kind, event.subject)
        self._under_way[key] = event
        progress = self._progress or self._start()
        if key not in self._tasks:
            self._tasks[key] = progress.add_task(_describe(event))
        progress.update(self._tasks[key], completed=event.done or 0, total=event.total)

    def _start(self) -> "Progress":
        progress = self._progress = _make_progress(self._terminal)
        for key, event in self._under_way.items():
            done = event.done or 0
            task = progress.add_task(_describe(event), completed=done, total=event.total)
            self._tasks[key] = task
        progress.start()
        self._terminal.attach(self)
        return progress

    def _drop(self, event: Event) -> None:
        key = (event.kind, event.subject)
        self._under_way.pop(key, None)
        task = self._tasks.pop(key, None)
        if task is not None and self._progress is not None:
            self._progress.remove_task(task)
        if not self._under_way:
            self.pause()


class Pace:
    """Lets through one progress event per interval (seconds) and subject, and all others."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._last: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def admits(self, event: Event) -> bool:
        """Tell whether the event is worth showing now."""
        key = (event.kind, event.subject)
        with self._lock:
            if event.phase is not Phase.PROGRESS:
                self._last.pop(key, None)
                return True
            now = time.monotonic()
            if now - self._last.get(key, float("-inf")) < self._interval:
                return False
            self._last[key] = now
            return True


def _describe(event: Event) -> str:
    detail = f" ({event.detail})" if event.detail else ""
    if event.phase in (Phase.NOTE, Phase.WARNING):
        return f"{event.subject}: {event.detail}" if event.detail else event.subject
    noun, _, verb = event.kind.rpartition(".")
    if event.phase in (Phase.DONE, Phase.CACHED):
        past = _PAST.get(verb) or verb.removesuffix("e") + "ed"
        cached = " from the cache" if event.phase is Phase.CACHED else ""
        return f"{past} {_with_noun(noun, event.subject)}{cached}{detail}"
    if event.phase is Phase.FAILED:
        return f"{event.subject}: {verb} failed{detail}"
    return f"{verb} {_with_noun(noun, event.subject)}"


def _with_noun(noun: str, subject: str) -> str:
    return f"{noun} {subject}" if noun else subject


def _make_progress(terminal: Terminal) -> "Progress":
    # rich costs more than everything else at start, so only a terminal that shows bars pays.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
    )

    console = Console(file=terminal.stderr, no_color=not terminal.coloured, force_terminal=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
    )
    return Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
