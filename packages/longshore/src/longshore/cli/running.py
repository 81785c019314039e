"""What the commands around running have in common: options, and how output is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longshore.cli.context import Context

if TYPE_CHECKING:
    from longshore.engines.follow import Show
    from longshore.engines.settings import Settings

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
        help="Settings, one KEY=VALUE to a line; repeatable, wins over the project's .env.",
    )(command)
    return click.option(
        "-e",
        "--env",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting, or KEY for the value that is set here; repeatable, wins over files.",
    )(command)


def user_settings(
    context: Context, options: tuple[str, ...], files: tuple[Path, ...]
) -> "Settings":
    """Read what the user gives; ``-v`` says which files that came from."""
    from longshore.engines.settings import read_settings  # noqa: PLC0415 - not for --help

    settings = read_settings(options, files, context.environment, root=context.root)
    for path, count in settings.files:
        context.terminal.detail(f"settings {path}: {count}")
    return settings


def line_writer(context: Context, names: tuple[str, ...], *, prefixed: bool) -> "Show":
    """Return what prints a line of a process's output, with its name in front where asked for."""
    terminal = context.terminal
    width = max(map(len, names), default=0)

    def show(name: str, line: bytes) -> None:
        if terminal.wants_json:
            terminal.json_line({"process": name, "line": line.decode("utf-8", "replace")})
            terminal.flush()  # whoever reads it may be waiting for exactly this line
            return
        prefix = f"{name:<{width}} | ".encode() if prefixed else b""
        terminal.data_bytes(prefix + line + b"\n")

    return show
