"""The global options: understood before and after the command's name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import click

from longshore.cli.context import Context
from longshore.cli.terminal import QUIET, ColorChoice, OutputFormat

COMPLETION_VARIABLE = "_LONGSHORE_COMPLETE"
"""What a shell sets to ask for completions instead of a run."""

_Callback = Callable[[click.Context, click.Parameter, Any], None]


def add_global_options(command: click.Command) -> None:
    """Give a command every global option that it does not define itself; idempotent."""
    taken = {flag for parameter in command.params for flag in parameter.opts}
    command.params.extend(option for option in _options() if taken.isdisjoint(option.opts))


def _options() -> tuple[click.Option, ...]:
    return (
        _option(
            "--project",
            callback=_remember_project,
            type=click.Path(),
            metavar="DIR",
            help="The project's folder; default: the nearest one from here upwards.",
        ),
        _option(
            "--package",
            callback=_remember_package,
            metavar="NAME",
            help="A member of the workspace, by its name; default: the project's folder decides.",
        ),
        _option(
            "--format",
            callback=_remember(lambda value: {"format": OutputFormat(value)}),
            type=click.Choice([choice.value for choice in OutputFormat]),
            help="For people (text, the default) or for programs.",
        ),
        _option(
            "--color",
            callback=_remember(lambda value: {"color": ColorChoice(value)}),
            type=click.Choice([choice.value for choice in ColorChoice]),
            help="When to use colour; auto, the default, heeds NO_COLOR.",
        ),
        _option(
            "-v",
            "--verbose",
            callback=_remember(lambda value: {"verbosity": value}),
            count=True,
            help="Say more; twice: even more.",
        ),
        _option(
            "-q",
            "--quiet",
            callback=_remember(lambda _: {"verbosity": QUIET}),
            is_flag=True,
            help="Say nothing but warnings and errors.",
        ),
    )


def _option(*names: str, callback: _Callback, **attributes: Any) -> click.Option:
    # Not passed on to the command: what they say is in the context that it gets. Eager, so that
    # an error in another option is already shown in the right format.
    return click.Option(names, callback=callback, expose_value=False, is_eager=True, **attributes)


def _remember(change: Callable[[Any], dict[str, Any]]) -> _Callback:
    def callback(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        del parameter
        if value:
            context = ctx.ensure_object(Context)
            context.output = replace(context.output, **change(value))

    return callback


def _remember_project(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    if value is not None:
        ctx.ensure_object(Context).start = value


def _remember_package(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    if value is not None:
        ctx.ensure_object(Context).package = value


def examples(*lines: str) -> str:
    """Return an epilog that shows command lines, one below the other, as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def prefer_json(context: Context, arguments: Sequence[str]) -> None:
    """Heed ``--format json`` although the command line as a whole could not be read."""
    before_command = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--format=json" in before_command or ("--format", "json") in pairwise(before_command):
        context.output = replace(context.output, format=OutputFormat.JSON)
