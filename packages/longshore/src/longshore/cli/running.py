"""What the commands around running have in common: options, and how output is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longshore.cli.context import Context

if TYPE_CHECKING:
    from longshore.engines.follow import Show

ENGINES = ("auto", "podman", "builtin")


def engine_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--engine``."""
    return click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="auto",
        help="What runs the image; auto, the default: podman where it works, else builtin.",
    )(command)


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-e`` and ``--env-file``."""
    command = click.option(
        "--env-file",
        "env_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Settings, one KEY=VALUE to a line; repeatable.",
    )(command)
    return click.option(
        "-e",
        "--env",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting, or KEY for the value that is set here; repeatable, wins over files.",
    )(command)


def line_writer(context: Context, names: tuple[str, ...], *, prefixed: bool) -> "Show":
    """Return what prints a line of a process's output, with its name in front where asked for."""
    terminal = context.terminal
    width = max(map(len, names), default=0)

    def show(name: str, line: bytes) -> None:
        if terminal.wants_json:
            terminal.json_line({"process": name, "line": line.decode("utf-8", "replace")})
            return
        prefix = f"{name:<{width}} | ".encode() if prefixed else b""
        terminal.data_bytes(prefix + line + b"\n")

    return show
