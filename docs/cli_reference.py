"""Write the reference of the command line from the commands themselves.

``python docs/cli_reference.py`` writes ``docs/reference/cli.md``; with ``--check`` it writes
nothing and exits with 1 when the page is not what it would write.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from longshore.cli.main import SECTIONS, root
from longshore.cli.options import add_global_options

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/reference/cli.md")

_HEAD = """\
# Commands

<!-- Written by docs/cli_reference.py from the commands' own help. -->

The answer goes to standard output and nothing else does; talk, progress and errors go to standard
error. Every command exits with one of the [documented codes](exit-codes.md).
"""


def render() -> str:
    """Return the page."""
    lines = [_HEAD]
    for heading, entries in SECTIONS.items():
        lines += [
            f"- {heading}: " + ", ".join(f"[`{name}`](#longshore-{name})" for name in entries)
        ]
    lines += ["", "## Options of every command", "", *_table(_global_command(), own=False)]
    with click.Context(root, info_name="longshore") as top:
        for name in root.list_commands(top):
            command = root.get_command(top, name)
            if command is not None:
                lines += ["", *_section(command, name, top)]
    return "\n".join(lines) + "\n"


def _section(command: click.Command, name: str, top: click.Context) -> Iterator[str]:
    """Yield the lines of one command: usage, what it does, arguments and options, examples."""
    context = click.Context(command, info_name=name, parent=top)
    yield from (f"## `longshore {name}`", "", "```text")
    yield f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    yield from ("```", "", _prose(command.help or ""), "")
    table = _table(command, own=True)
    if table:
        yield from (*table, "")
    if command.epilog:
        examples = inspect.cleandoc(command.epilog.replace("\b", "")).strip().splitlines()[1:]
        yield from ("```console", *(_console(line.strip()) for line in examples), "```")


def _console(line: str) -> str:
    """Return an example as it would be typed; a comment stays what it is."""
    return line if line.startswith("#") else f"$ {line}"


def _global_command() -> click.Command:
    """Return a command that has the global options and nothing else."""
    command = click.Command("any")
    add_global_options(command)
    return command


def _table(command: click.Command, *, own: bool) -> list[str]:
    """Return a table of a command's own options, or of the global ones, which it is not passed."""
    context = click.Context(command)
    rows = [
        record
        for parameter in command.params
        if own is parameter.expose_value
        and (record := parameter.get_help_record(context))
        and record[1]  # an argument without a text is in the usage already
    ]
    if not rows:
        return []
    cells = (f"| `{_cell(names)}` | {_cell(_prose(text))} |" for names, text in rows)
    return ["| option | |", "| --- | --- |", *cells]


def _prose(text: str) -> str:
    """Return a help text as Markdown: paragraphs kept, what would be markup escaped."""
    cleaned = inspect.cleandoc(text.replace("\b\n", ""))
    return cleaned.replace("*", "\\*").replace("<", "\\<")


def _cell(text: str) -> str:
    """Return a text for a table's cell, where a bar ends the cell, even in code (GFM, tables)."""
    return text.replace("|", "\\|")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` compare it; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    page, expected = ROOT / PAGE, render()
    if "--check" not in arguments:
        page.write_text(expected, encoding="utf-8")
        return 0
    current = page.read_text(encoding="utf-8") if page.is_file() else ""
    if current != expected:
        sys.stderr.write(f"{PAGE}: out of date; run 'python docs/cli_reference.py'\n")
    return int(current != expected)


if __name__ == "__main__":
    sys.exit(main())
