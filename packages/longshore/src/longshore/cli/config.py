"""``longshore config``: the configuration, each value with its source."""

import json

import click

from longshore.cli.context import Context
from longshore.cli.options import examples


@click.command(epilog=examples("longshore config", "longshore config --format json"))
@click.pass_obj
def config(context: Context) -> None:
    """Show the configuration and where each value came from.

    A value comes from the project's file, from an environment variable or from a flag, in this
    order; what nobody said has a default.
    """
    from longshore.config.view import settings  # noqa: PLC0415 - not for --help

    found = settings(context.config)
    if context.terminal.wants_json:
        context.terminal.json(
            {
                setting.path: {
                    "value": setting.value,
                    "source": {
                        "kind": setting.source.kind.value,
                        "place": setting.source.place or None,
                    },
                }
                for setting in found
            }
        )
        return
    rows = [
        (setting.path, _show(setting.value), str(setting.source))
        for setting in found
        if setting.value is not None
    ]
    context.terminal.table(("KEY", "VALUE", "SOURCE"), rows)


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
