"""The entry point of ``longshore``, and the table of its commands.

A command is one file in this folder with one click command in it, and a line in ``SECTIONS``; it
is imported only when it is used. It gets the ``Context``, does its work through the rooms, prints
through ``context.terminal`` and returns nothing, or an ``ExitCode`` for a negative answer::

    @click.command(epilog=examples("longshore ps", "longshore ps --format json"))
    @click.option("--all", "-a", "show_all", is_flag=True, help="Also those that have stopped.")
    @click.pass_obj
    def ps(context: Context, *, show_all: bool) -> None:
        \"\"\"Show what runs here.\"\"\"
        runs = ...
        if context.terminal.wants_json:
            context.terminal.json([...])
        else:
            context.terminal.table(("NAME", "STATE"), [...])

Failures are raised as a ``LongshoreError``; ``main`` shows them and maps them to exit codes.
The global options (``--format``, ``-v`` …) are added to every command by the group.
``longshore.cli.config`` is the shortest real example.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import MappingProxyType

import click

from longshore import __version__
from longshore.cli.context import Context
from longshore.cli.failure import report_bug, report_error, report_interrupt, report_usage
from longshore.cli.group import Entry, LazyGroup
from longshore.cli.options import COMPLETION_VARIABLE, add_global_options, prefer_json
from longshore.errors import ExitCode, LongshoreError


def _entry(name: str, help_line: str) -> Entry:
    return Entry(module=f"longshore.cli.{name}", attribute=name, help=help_line)


SECTIONS = MappingProxyType(
    {
        "Run here": {
            "up": _entry("up", "Build the project, run it here, print its address."),
            "ps": _entry("ps", "Show what runs here."),
            "logs": _entry("logs", "Show the output of what runs of the project."),
            "down": _entry("down", "Stop what runs of the project."),
            "run": _entry("run", "Run one command, or one process, in the project's image."),
        },
        "Build": {
            "build": _entry("build", "Build the project's image and print its digest."),
            "lock": _entry("lock", "Pin what the project's own lock does not."),
            "inspect": _entry("inspect", "Show what is in an image and why it is there."),
        },
        "Set up": {
            "init": _entry("init", "Write the smallest table that says what runs."),
            "config": _entry("config", "Show the configuration and where each value came from."),
            "completion": _entry("completion", "Print the completion script of a shell."),
        },
    }
)
"""Every command, by the headings of ``longshore --help``."""

root = LazyGroup(
    "longshore",
    sections=SECTIONS,
    help="From pyproject.toml to a running, observable, signed service.",
)
add_global_options(root)
click.version_option(__version__, message="%(prog)s %(version)s")(root)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; ``argv`` is without the program's name."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    context = Context()
    if instruction := context.environment.get(COMPLETION_VARIABLE):
        return _complete(instruction)
    try:
        code = _run(arguments, context)
        context.terminal.flush()
    except BrokenPipeError:  # whoever read the answer has what it wanted: `longshore ps | head -1`
        _silence_stdout()
        return ExitCode.OK
    else:
        return code
    finally:
        context.close()


def _run(arguments: list[str], context: Context) -> int:
    try:
        # Not `root.main`: that answers a closed pipe and Ctrl-C in its own way.
        with root.make_context("longshore", list(arguments), obj=context) as ctx:
            from longshore.cli.interruption import heeding_requests  # noqa: PLC0415 - not for --help

            with heeding_requests():
                result = root.invoke(ctx)
    except LongshoreError as error:
        context.close()
        return report_error(error, context.terminal)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        prefer_json(context, arguments)
        return report_usage(error, context.terminal)
    except (KeyboardInterrupt, click.Abort):
        context.close()
        return report_interrupt(context.terminal)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes a report
        context.close()
        return report_bug(error, context)
    return result if isinstance(result, int) else ExitCode.OK


def _complete(instruction: str) -> int:
    from click.shell_completion import shell_complete  # noqa: PLC0415 - only shells pay for it

    return shell_complete(root, {}, "longshore", COMPLETION_VARIABLE, instruction)


def _silence_stdout() -> None:
    # The interpreter flushes standard output once more at exit and would complain.
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
