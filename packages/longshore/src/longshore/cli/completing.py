"""What shells complete: names of a project's processes, and of what was started of it."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from longshore.cli.context import Context
from longshore.errors import LongshoreError
from longshore.types.event import NullReporter

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

Complete = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]


def process_names(*, without: Collection[str] = ()) -> Complete:
    """Return what completes the names of the project's processes, except of some kinds."""

    def find(context: Context) -> list[tuple[str, str]]:
        processes = context.project.processes
        return [(one.name, one.kind.value) for one in processes if one.kind not in without]

    return _complete(find)


def started_names() -> Complete:
    """Return what completes the names of what was started from the project's folder."""

    def find(context: Context) -> list[tuple[str, str]]:
        from longshore.engines.service import open_services  # noqa: PLC0415 - only shells pay

        runs = open_services(context).select(context.root)
        return [(run.process, run.engine) for run in runs]

    return _complete(find)


def _complete(find: Callable[[Context], list[tuple[str, str]]]) -> Complete:
    def complete(
        ctx: "click.Context", parameter: "click.Parameter", incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only shells pay

        given = ctx.ensure_object(Context)
        context = given.renewed()
        context.package = given.package
        context.__dict__["reporter"] = NullReporter()  # a shell shows whatever is printed
        try:
            found = find(context)
        except LongshoreError:  # the command itself says why
            return []
        chosen = ctx.params.get(parameter.name or "") or ()
        return [
            CompletionItem(name, help=remark)
            for name, remark in found
            if name.startswith(incomplete) and name not in chosen
        ]

    return complete
