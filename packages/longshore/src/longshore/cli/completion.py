"""``longshore completion``: the script that makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from longshore.cli.context import Context
from longshore.cli.options import COMPLETION_VARIABLE, examples

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        'eval "$(longshore completion bash)"',
        "longshore completion fish > ~/.config/fish/completions/longshore.fish",
    )
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    program = ctx.find_root().command
    if kind is not None:
        script = kind(program, {}, "longshore", COMPLETION_VARIABLE)
        # Not `source()`: that runs bash to learn its version.
        text = script.source_template % script.source_vars()
        ctx.ensure_object(Context).terminal.data(text.strip())
