"""``longshore build``: make the project's image."""

import click

from longshore.cli.context import Context
from longshore.cli.findings import show_findings
from longshore.cli.options import examples


@click.command(
    epilog=examples(
        "longshore build",
        "longshore build --tag taskapi:1.4",
        "longshore build --load podman",
        "IMAGE=$(longshore build --locked --quiet)",
    )
)
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="A further name; repeatable.")
@click.option("--load", "engine", metavar="ENGINE", help="Also load it into an engine: podman.")
@click.option(
    "--locked",
    is_flag=True,
    help="Refuse to write longshore.lock; with CI=true that is the default.",
)
@click.pass_obj
def build(context: Context, *, tags: tuple[str, ...], engine: str | None, locked: bool) -> None:
    """Build the project's image and print its digest.

    The image goes into the local store, an OCI layout. Standard output carries its name and
    digest, nothing else.
    """
    from longshore.build import build_image  # noqa: PLC0415 - the options are checked first
    from longshore.build.names import parse_tag  # noqa: PLC0415

    names = [parse_tag(tag) for tag in tags]
    chosen = None
    if engine is not None:
        from longshore.engines.choose import choose_engine  # noqa: PLC0415

        chosen = choose_engine(engine, context)
    result = build_image(context, locked=locked)
    for name in names:
        context.layout.tag(name, result.descriptor)
    show_findings(context.terminal, result.findings)
    if chosen is not None:
        chosen.load(context.layout, result.descriptor, service=context.project.name)
    reference = f"{result.name.partition(':')[0]}@{result.descriptor.digest}"
    if context.terminal.wants_json:
        context.terminal.json(
            {
                "image": reference,
                "digest": str(result.descriptor.digest),
                "names": [result.name, *names],
                "cached": result.cached,
                "layers": [
                    {"digest": str(digest), "size": size, "title": title}
                    for digest, size, title in result.record.platforms[0].layers
                ],
            }
        )
    else:
        context.terminal.data(reference)
