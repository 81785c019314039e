"""Find an image of the local store by what people write, and read what is kept about it."""

import re
from collections.abc import Mapping
from typing import Final

from longshore.build.found import records
from longshore.build.inspection import Inspection, inspect_image
from longshore.build.interface import Workshop
from longshore.build.names import DEFAULT_TAG, image_name
from longshore.errors import ProjectError
from longshore.oci.blobs import BlobStore
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.types import BuildRecord, Digest

_DIGITS: Final = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")
_WHOLE: Final = 64


def find_image(layout: ImageLayout, text: str) -> tuple[str, Descriptor]:
    """Return the name and the descriptor of an image.

    Args:
        layout: the store.
        text: a name with or without its tag, ``name@sha256:…`` as ``build`` prints it, a digest, or
            six or more of its first digits.

    Raises:
        ProjectError: if the store has no such image, or the digits fit several.
    """
    names = layout.names()
    for name in (text, f"{text}:{DEFAULT_TAG}"):
        if name in names:
            return name, names[name]
    match = _DIGITS.fullmatch(text.rpartition("@")[2])
    if match is None:
        raise _unknown(names, text)
    fits = {
        item.digest: name for name, item in names.items() if item.digest.hex.startswith(match[1])
    }
    if len(fits) > 1:
        msg = f"{text!r} begins the digests of several images"
        raise ProjectError(msg, hint=f"name one: {', '.join(sorted(fits.values()))}")
    if fits:
        (name,) = fits.values()
        return name, names[name]
    if len(match[1]) == _WHOLE:  # of an image whose name has gone to a newer one
        return text, layout.resolve(Digest("sha256", match[1]))
    raise _unknown(names, text)


def look_at(workshop: Workshop, text: str | None = None) -> Inspection:
    """Return what is known of an image; by default of the project's last build.

    Raises:
        ProjectError: if the store has no such image.
        SupplyChainError: if a document of the image is missing or damaged.
    """
    layout = workshop.layout
    name, descriptor = find_image(layout, text or image_name(workshop.project))
    manifest = layout.manifest(descriptor)
    layout.image_config(manifest)  # raises where the image is not whole
    raw = b"".join(layout.blobs.chunks(manifest.config.digest))
    record = records(workshop).get(descriptor.digest)
    return inspect_image(
        name,
        descriptor,
        manifest,
        raw,
        record=record,
        sizes={} if record is None else _sizes(workshop.blobs, record),
    )


def _sizes(blobs: BlobStore, record: BuildRecord) -> Mapping[Digest, int]:
    """Return the sizes of those packages' files that are still in the cache."""
    digests = {material.sha256 for material in record.materials}
    return {digest: blobs.path(digest).stat().st_size for digest in digests if blobs.has(digest)}


def _unknown(names: Mapping[str, Descriptor], text: str) -> ProjectError:
    known = f"; there are {', '.join(sorted(names))}" if names else ""
    return ProjectError(f"no image {text!r} here", hint=f"build it first: longshore build{known}")
