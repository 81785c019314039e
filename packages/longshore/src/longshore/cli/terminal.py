"""The only place that prints: data to standard output, talk to standard error.

Talk is sanitised, because names of packages and lines of logs come from elsewhere and a terminal
obeys control characters. Data is written as it is.
"""

import errno
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TextIO

_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "hint": "\x1b[36m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
}
_RESET = "\x1b[0m"
QUIET = -1
"""The verbosity of ``--quiet``."""


class OutputFormat(StrEnum):
    """For whom the output is: people or programs."""

    TEXT = "text"
    JSON = "json"


class ColorChoice(StrEnum):
    """When to colour talk; ``auto`` is a terminal without ``NO_COLOR`` (no-color.org)."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """What the global options say about output.

    ``verbosity`` is -1 for ``--quiet``, 0 by default, and the number of ``-v`` otherwise.
    """

    format: OutputFormat = OutputFormat.TEXT
    verbosity: int = 0
    color: ColorChoice = ColorChoice.AUTO


class LiveDisplay(Protocol):
    """Something that repaints the lower lines of a terminal, such as progress bars."""

    def write_above(self, text: str) -> None:
        """Write finished lines of talk above the display."""

    def pause(self) -> None:
        """Clear the display; it comes back by itself when there is something new."""


class Terminal:
    """Standard output for data, standard error for talk; every method is thread-safe.

    Args:
        stdout: where data goes.
        stderr: where talk goes.
        settings: what the global options say.
        environment: for ``NO_COLOR`` and ``TERM``.

    ``lock`` guards both streams; a live display shares it, so that neither waits for the other.
    """

    def __init__(
        self,
        *,
        stdout: TextIO,
        stderr: TextIO,
        settings: OutputSettings,
        environment: Mapping[str, str],
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.settings = settings
        self.interactive = stderr.isatty() and environment.get("TERM") != "dumb"
        self._may_colour = environment.get("TERM") != "dumb" and not environment.get("NO_COLOR")
        self.coloured = self._colours(stderr)
        self.lock = threading.RLock()
        self._live: LiveDisplay | None = None

    @property
    def wants_json(self) -> bool:
        """Whether the answer should be JSON."""
        return self.settings.format is OutputFormat.JSON

    @property
    def verbosity(self) -> int:
        """-1 for ``--quiet``, 0 by default, the number of ``-v`` otherwise."""
        return self.settings.verbosity

    @property
    def colours_data(self) -> bool:
        """Whether names in front of lines of data may be coloured: standard output is looked at."""
        return self._colours(self.stdout)

    def attach(self, live: LiveDisplay | None) -> None:
        """Coordinate with a live display from now on; ``None`` ends that."""
        with self.lock:
            self._live = live

    # Data -----------------------------------------------------------------------------------

    def data(self, line: str) -> None:
        """Write one line of the answer."""
        with self.lock, _reader_may_be_gone():
            self._pause()
            _write(self.stdout, line + "\n")

    def data_bytes(self, content: bytes) -> None:
        """Write bytes of the answer as they are: the output of a program, a log."""
        with self.lock, _reader_may_be_gone():
            self._pause()
            self.stdout.flush()
            self.stdout.buffer.write(content)
            self.stdout.buffer.flush()

    def json(self, document: Any) -> None:
        """Write the answer as one indented JSON document."""
        self.data(_dumps(document, indent=2))

    def json_line(self, document: Any) -> None:
        """Write one element of a streamed answer as one line of JSON."""
        self.data(_dumps(document))

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write aligned columns, two spaces apart, under their headers."""
        cells = [tuple(headers), *(tuple(map(printable, row)) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.data("  ".join(padded).rstrip())

    # Talk -----------------------------------------------------------------------------------

    def say(self, line: str) -> None:
        """Tell the user something; silent with ``--quiet`` and with ``--format json``."""
        if self.verbosity > QUIET and not self.wants_json:
            self._talk(printable(line))

    def detail(self, line: str) -> None:
        """Tell something that only ``-v`` asks for."""
        if self.verbosity > 0 and not self.wants_json:
            self._talk(self.style("dim", printable(line)))

    def warn(
        self,
        message: str,
        *,
        context: Sequence[str] = (),
        hint: str | None = None,
        docs: str | None = None,
    ) -> None:
        """Warn about something that does not stop the work; ``--quiet`` keeps it."""
        if not self.wants_json:
            self.problem("warning", message, context=context, hint=hint, docs=docs)
            return
        lines = {"context": list(context)} if context else {}
        self.talk_json({"warning": {"message": message, **lines, "hint": hint}})

    def problem(
        self,
        label: str,
        message: str,
        *,
        context: Sequence[str] = (),
        hint: str | None = None,
        docs: str | None = None,
    ) -> None:
        """Write a labelled message (``error``, ``warning``), its context, its hint, its page."""
        lines = [f"{self.style(label, label + ':')} {printable(message)}"]
        lines += [f"  {printable(line)}" for line in context]
        if hint:
            lines.append(f"{self.style('hint', 'hint:')} {printable(hint)}")
        if docs:
            lines.append(f"{self.style('hint', 'docs:')} {printable(docs)}")
        self._talk("\n".join(lines))

    def talk_json(self, document: Any) -> None:
        """Write one line of JSON to standard error."""
        self._talk(_dumps(document))

    def style(self, name: str, text: str) -> str:
        """Return the text in a style (``error``, ``warning``, ``hint``, ``bold``, ``dim``)."""
        return f"{_STYLES[name]}{text}{_RESET}" if self.coloured else text

    def flush(self) -> None:
        """Push out what is buffered.

        Raises:
            BrokenPipeError: if whoever read standard output has gone.
        """
        with _reader_may_be_gone():
            self.stdout.flush()
            self.stderr.flush()

    def _colours(self, stream: TextIO) -> bool:
        if self.settings.color is ColorChoice.AUTO:
            return self._may_colour and stream.isatty()
        return self.settings.color is ColorChoice.ALWAYS

    def _talk(self, text: str) -> None:
        # Nobody may listen any more, as after the terminal was closed: the work has to go on, or to
        # be ended in good order.
        with self.lock, suppress(OSError):
            if self._live is not None:
                self._live.write_above(text)
            else:
                _write(self.stderr, text + "\n")
                self.stderr.flush()

    def _pause(self) -> None:
        if self._live is not None:
            self._live.pause()


@contextmanager
def _reader_may_be_gone() -> Iterator[None]:
    """Make a closed terminal what a closed pipe is."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EIO:
            raise BrokenPipeError(errno.EPIPE, "the terminal was closed") from error
        raise


def printable(text: str) -> str:
    """Return the text with control characters escaped, so that it can't steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text
    )


def _dumps(document: Any, *, indent: int | None = None) -> str:
    import json  # noqa: PLC0415 - most runs write no JSON

    return json.dumps(document, indent=indent, ensure_ascii=False)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:  # the locale's encoding can't say it, or a file name is no UTF-8
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
