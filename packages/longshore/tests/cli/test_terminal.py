"""The terminal: data, talk, colours, and what must not get through."""

import errno
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.cli.terminal import (
    ColorChoice,
    OutputFormat,
    OutputSettings,
    Terminal,
    printable,
)


class Tty(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def make_terminal(
    *,
    stderr: io.StringIO | None = None,
    environment: dict[str, str] | None = None,
    settings: OutputSettings | None = None,
) -> Terminal:
    return Terminal(
        stdout=io.StringIO(),
        stderr=stderr or io.StringIO(),
        settings=settings or OutputSettings(),
        environment=environment or {},
    )


def outputs(terminal: Terminal) -> tuple[str, str]:
    assert isinstance(terminal.stdout, io.StringIO)
    assert isinstance(terminal.stderr, io.StringIO)
    return terminal.stdout.getvalue(), terminal.stderr.getvalue()


def everything(terminal: Terminal) -> tuple[str, str]:
    terminal.say("say")
    terminal.detail("detail")
    terminal.warn("warn", hint="so")
    terminal.problem("error", "wrong")
    return outputs(terminal)


@pytest.mark.parametrize(
    ("verbosity", "talk"),
    [
        (-1, "warning: warn\nhint: so\nerror: wrong\n"),
        (0, "say\nwarning: warn\nhint: so\nerror: wrong\n"),
        (1, "say\ndetail\nwarning: warn\nhint: so\nerror: wrong\n"),
    ],
)
def test_verbosity_decides_how_much_is_said(verbosity: int, talk: str) -> None:
    settings = OutputSettings(verbosity=verbosity)
    assert everything(make_terminal(settings=settings)) == ("", talk)


def test_with_json_talk_is_json_lines() -> None:
    terminal = make_terminal(settings=OutputSettings(format=OutputFormat.JSON))
    terminal.say("say")
    terminal.warn("warn", hint="so")
    out, err = outputs(terminal)
    assert out == ""
    assert [json.loads(line) for line in err.splitlines()] == [
        {"warning": {"message": "warn", "hint": "so"}}
    ]


def test_data_goes_to_standard_output_even_when_quiet() -> None:
    terminal = make_terminal(settings=OutputSettings(verbosity=-1))
    terminal.data("answer")
    terminal.json({"ä": [1]})
    terminal.json_line({"ä": [1]})
    terminal.table(("A", "NAME"), [("1", "x"), ("22", "long name")])
    assert outputs(terminal) == (
        'answer\n{\n  "ä": [\n    1\n  ]\n}\n{"ä": [1]}\nA   NAME\n1   x\n22  long name\n',
        "",
    )


def test_bytes_pass_as_they_are() -> None:
    buffer = io.BytesIO()
    stdout = io.TextIOWrapper(buffer, encoding="utf-8", write_through=False)
    terminal = Terminal(
        stdout=stdout, stderr=io.StringIO(), settings=OutputSettings(), environment={}
    )
    terminal.data("first")
    terminal.data_bytes(b"\xff\x00\x1b[2J")
    assert buffer.getvalue() == b"first\n\xff\x00\x1b[2J"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_locale_can_not_say_is_escaped(encoding: str) -> None:
    buffer = io.BytesIO()
    stdout = io.TextIOWrapper(buffer, encoding=encoding, errors="strict", write_through=True)
    terminal = Terminal(
        stdout=stdout, stderr=io.StringIO(), settings=OutputSettings(), environment={}
    )
    terminal.data("→ \udcff")
    expected = {"utf-8": "→ \\udcff\n".encode()}.get(encoding, b"\\u2192 \\udcff\n")
    if encoding == "utf-8":
        assert buffer.getvalue() in (expected, b"\xe2\x86\x92 \\udcff\n")
    else:
        assert buffer.getvalue() == expected


# Colours --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "environment", "choice", "coloured"),
    [
        (Tty, {}, ColorChoice.AUTO, True),
        (Tty, {"NO_COLOR": ""}, ColorChoice.AUTO, True),
        (Tty, {"NO_COLOR": "1"}, ColorChoice.AUTO, False),
        (Tty, {"TERM": "dumb"}, ColorChoice.AUTO, False),
        (Tty, {}, ColorChoice.NEVER, False),
        (io.StringIO, {}, ColorChoice.AUTO, False),
        (io.StringIO, {"NO_COLOR": "1"}, ColorChoice.ALWAYS, True),
    ],
)
def test_colour_is_for_terminals_and_who_asks_for_it(
    stream: Callable[[], io.StringIO],
    environment: dict[str, str],
    choice: ColorChoice,
    coloured: bool,
) -> None:
    terminal = make_terminal(
        stderr=stream(), environment=environment, settings=OutputSettings(color=choice)
    )
    terminal.problem("error", "wrong", hint="so")
    expected = "\x1b[1;31merror:\x1b[0m wrong\n\x1b[36mhint:\x1b[0m so\n"
    assert outputs(terminal)[1] == (expected if coloured else "error: wrong\nhint: so\n")


# What comes from elsewhere --------------------------------------------------------------------


@given(st.text())
def test_printable_text_can_not_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    assert printable(shown) == shown


def test_escapes_in_talk_and_tables_are_shown_as_text() -> None:
    terminal = make_terminal()
    terminal.say("a\x1b[2Jb")
    terminal.problem("error", "\x07", context=["\x9b1m"], hint="\r")
    terminal.table(("A",), [("\x1b]0;x\x07",)])
    assert outputs(terminal) == (
        "A\n\\x1b]0;x\\x07\n",
        "a\\x1b[2Jb\nerror: \\x07\n  \\x9b1m\nhint: \\r\n",
    )


def test_data_is_coloured_only_where_it_is_seen() -> None:
    def colours_data(stdout: io.StringIO, color: ColorChoice, **environment: str) -> bool:
        terminal = Terminal(
            stdout=stdout,
            stderr=Tty(),
            settings=OutputSettings(color=color),
            environment=environment,
        )
        return terminal.colours_data

    assert colours_data(Tty(), ColorChoice.AUTO)
    assert not colours_data(io.StringIO(), ColorChoice.AUTO)  # a pipe
    assert not colours_data(Tty(), ColorChoice.AUTO, NO_COLOR="1")
    assert not colours_data(Tty(), ColorChoice.AUTO, TERM="dumb")
    assert not colours_data(Tty(), ColorChoice.NEVER)
    assert colours_data(io.StringIO(), ColorChoice.ALWAYS, NO_COLOR="1")


class Closed(io.StringIO):
    """A terminal whose window was closed."""

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, text)


def test_talk_to_nobody_is_no_failure_and_data_is_that_of_a_closed_pipe() -> None:
    terminal = Terminal(stdout=Closed(), stderr=Closed(), settings=OutputSettings(), environment={})
    terminal.say("anybody there?")
    with pytest.raises(BrokenPipeError):
        terminal.data("answer")
