"""The part of an image that this machine runs."""

from longshore.errors import ProjectError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Index
from longshore.types import Platform


def select_platform(
    layout: ImageLayout, descriptor: Descriptor, *, platform: Platform | None = None
) -> Descriptor:
    """Return the manifest for a platform, this machine's by default, out of a store's image.

    Raises:
        ProjectError: if the image was not built for it.
    """
    if descriptor.media_type != MediaType.INDEX:
        return descriptor
    wanted = platform or Platform.host()
    raw = layout.blobs.read(descriptor.digest)
    index = Index.parse(raw or b"", str(descriptor.digest))
    for manifest in index.manifests:
        if manifest.platform == wanted:
            return manifest
    found = ", ".join(str(each.platform) for each in index.manifests)
    msg = f"the image is for {found}; this machine is {wanted}"
    raise ProjectError(msg, hint=f"add it: longshore build --platform {wanted}")
