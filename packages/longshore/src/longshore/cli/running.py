"""What the commands around running have in common: options, and how output is shown."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import click

from longshore.cli.context import Context

if TYPE_CHECKING:
    from longshore.engines.follow import Show
    from longshore.engines.settings import Settings

ENGINES = ("auto", "podman", "builtin")

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""The foregrounds of ECMA-48 that can be read on light and dark; red is for errors."""


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
    prefixes = make_prefixes(names, coloured=terminal.colours_data) if prefixed else {}

    def show(name: str, line: bytes) -> None:
        if terminal.wants_json:
            terminal.json_line({"process": name, "line": line.decode("utf-8", "replace")})
            terminal.flush()  # whoever reads it may be waiting for exactly this line
            return
        terminal.data_bytes(prefixes.get(name, b"") + line + b"\n")

    return show


def make_prefixes(names: Collection[str], *, coloured: bool) -> dict[str, bytes]:
    """Return what stands in front of each process's lines: its name, padded, in its own colour.

    A process keeps its colour from one command to the next: it follows from the name, and only
    where two names come to the same one does the later name take the next.
    """
    width = max(map(len, names), default=0)
    prefixes: dict[str, bytes] = {}
    taken: set[int] = set()
    for name in sorted(names):
        text = f"{name:<{width}} | "
        if coloured:
            number = crc32(name.encode()) % len(_COLOURS)
            while number in taken and len(taken) < len(_COLOURS):
                number = (number + 1) % len(_COLOURS)
            taken.add(number)
            text = f"\x1b[{_COLOURS[number]}m{text}\x1b[0m"
        prefixes[name] = text.encode()
    return prefixes
