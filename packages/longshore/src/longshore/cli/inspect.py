"""``longshore inspect``: what is in an image, and why."""

import click

from longshore.cli.context import Context
from longshore.cli.options import examples


@click.command(
    epilog=examples(
        "longshore inspect",
        "longshore inspect --packages",
        "longshore inspect taskapi:1.4 --layers",
        "longshore inspect --format json",
    )
)
@click.argument("image", required=False)
@click.option("--layers", is_flag=True, help="Only the layers, each with what is in it.")
@click.option("--packages", is_flag=True, help="Only the packages, those of the base too.")
@click.pass_obj
def inspect(context: Context, *, image: str | None, layers: bool, packages: bool) -> None:
    """Show what is in an image and why it is there.

    IMAGE is a name in the local store, what 'longshore build' printed, or the first digits of a
    digest; by default it is the project's last build. Sizes are compressed. JSON always has
    everything. An image that Longshore did not build is shown as far as its own documents tell.
    """
    from longshore.build.inspection import inspection_document  # noqa: PLC0415 - not for --help
    from longshore.build.lookup import look_at  # noqa: PLC0415
    from longshore.cli.inspection import InspectionView  # noqa: PLC0415

    found = look_at(context, image)
    if context.terminal.wants_json:
        context.terminal.json(inspection_document(found))
        return
    view = InspectionView(found, context.terminal)
    if layers:
        view.layers()
    if packages:
        view.packages()
    if not layers and not packages:
        view.overview()
