"""``longshore build``: make the project's image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from longshore.cli.context import Context
from longshore.cli.findings import show_findings
from longshore.cli.options import examples
from longshore.cli.required import note_required
from longshore.errors import UsageError

if TYPE_CHECKING:
    from longshore.build import BuildResult
    from longshore.engines.interface import Engine


@click.command(
    epilog=examples(
        "longshore build",
        "longshore build --tag taskapi:1.4",
        "longshore build --load podman",
        "longshore build --package api",
        "longshore build --all",
        "IMAGE=$(longshore build --locked --quiet)",
    )
)
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="A further name; repeatable.")
@click.option(
    "--load",
    "engine",
    metavar="ENGINE",
    help="Also load it into an engine: podman, builtin or auto.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Build each member of the workspace that has a [tool.longshore] table.",
)
@click.option(
    "--locked",
    is_flag=True,
    help="Refuse to write a lock; with CI=true that is the default.",
)
@click.pass_obj
def build(
    context: Context, *, tags: tuple[str, ...], engine: str | None, everything: bool, locked: bool
) -> None:
    """Build the project's image and print its digest.

    The image goes into the local store, an OCI layout. Standard output carries its name and
    digest, nothing else; with --all there is a line for each.
    """
    from longshore.build.names import parse_tag  # noqa: PLC0415 - the options are checked first

    names = [parse_tag(tag) for tag in tags]
    chosen = None
    if engine is not None:
        from longshore.engines.choose import choose_engine  # noqa: PLC0415 - as above

        chosen = choose_engine(engine, context)
    if not everything:
        shown = _build(context, names, chosen, locked=locked)
        if context.terminal.wants_json:
            context.terminal.json(shown)
        else:
            context.terminal.data(shown["image"])
        return
    if names or context.package is not None:
        msg = f"--all does not go with {'--tag' if names else '--package'}"
        raise UsageError(msg, hint="build that member by itself")
    found = []
    for name in _applications(context):
        found.append(_build(context.of_package(name), [], chosen, locked=locked))
        if not context.terminal.wants_json:
            context.terminal.data(found[-1]["image"])
    if context.terminal.wants_json:
        context.terminal.json(found)


def _applications(context: Context) -> tuple[str, ...]:
    names = context.workspace.applications() if context.workspace else ()
    if not names:
        msg = f"{context.root}: --all: no member of a workspace has a [tool.longshore] table"
        hint = "add the table to each application, or choose one with --package"
        raise UsageError(msg, hint=hint)
    return names


def _build(
    context: Context, names: Sequence[str], engine: "Engine | None", *, locked: bool
) -> dict[str, Any]:
    from longshore.build import build_image  # noqa: PLC0415 - the options are checked first

    result = build_image(context, locked=locked)
    for name in names:
        context.layout.tag(name, result.descriptor)
    show_findings(context.terminal, result.findings)
    note_required(context)
    if engine is not None:
        engine.load(context.layout, result.descriptor, service=context.project.name)
        engine.tidy()
    return _describe(result, names)


def _describe(result: "BuildResult", names: Sequence[str]) -> dict[str, Any]:
    return {
        "image": f"{result.name.partition(':')[0]}@{result.descriptor.digest}",
        "digest": str(result.descriptor.digest),
        "names": [result.name, *names],
        "cached": result.cached,
        "layers": [
            {"digest": str(digest), "size": size, "title": title}
            for digest, size, title in result.record.platforms[0].layers
        ],
    }
