"""A click group whose commands are imported when they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from longshore.cli.options import add_global_options
from longshore.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the table of commands.

    Args:
        module: where the command lives.
        attribute: its name there.
        help: one line, shown without importing the module.
    """

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """Finds commands in a static table.

    Args:
        name: of the program.
        sections: heading → command name → entry, in the order of the help.
    """

    def __init__(
        self,
        name: str,
        *,
        sections: Mapping[str, Mapping[str, Entry]],
        help: str,  # noqa: A002
    ) -> None:
        super().__init__(name, help=help, context_settings={"help_option_names": ["-h", "--help"]})
        self.sections = sections
        self._entries = {
            name: entry for section in sections.values() for name, entry in section.items()
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order."""
        del ctx
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or return ``None`` where the table has no such name."""
        del ctx
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        command = cast("click.Command", getattr(import_module(entry.module), entry.attribute))
        add_global_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Raises:
            UsageError: for a name that is not in the table; the hint has the closest one.
        """
        if args and args[0] not in self._entries and not args[0].startswith("-"):
            from longshore.config.suggestion import suggest  # noqa: PLC0415 - only errors need it

            hint = suggest(args[0], self._entries) or f"see '{ctx.command_path} --help'"
            msg = f"no such command {args[0]!r}"
            raise UsageError(msg, hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, from the table alone."""
        del ctx
        width = max(map(len, self._entries))
        for heading, entries in self.sections.items():
            with formatter.section(heading):
                rows = [(name.ljust(width), entry.help) for name, entry in entries.items()]
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Complete command names from the table, options as click does."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only shells pay

        names = [
            CompletionItem(name, help=entry.help)
            for name, entry in self._entries.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)
