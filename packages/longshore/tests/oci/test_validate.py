"""``oci.validate``: an image is what its documents claim."""

from collections.abc import Callable

from longshore.oci.descriptor import Descriptor
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layout import ImageLayout
from longshore.oci.tar import TarEntry
from longshore.oci.validate import validate_image

AddImage = Callable[..., Descriptor]
FILE = [(TarEntry.file("hello", 2), [b"hi"])]


def test_a_sound_image_has_no_findings(layout: ImageLayout, add_image: AddImage) -> None:
    assert validate_image(layout, add_image(FILE, FILE)) == ()


def test_a_damaged_layer_is_found(layout: ImageLayout, add_image: AddImage) -> None:
    image = add_image(FILE)
    layer = layout.manifest(image).layers[0]
    layout.blobs.path(layer.digest).write_bytes(bytes(layer.size))
    (finding,) = validate_image(layout, image)
    assert str(finding) == f"layers[0]: blob {layer.digest} is missing or damaged"


def test_a_manifest_that_is_gone_is_found(layout: ImageLayout, add_image: AddImage) -> None:
    image = add_image(FILE)
    layout.blobs.path(image.digest).unlink()
    (finding,) = validate_image(layout, image)
    assert finding.rule == "image.document"


def test_a_wrong_diff_id_is_found(layout: ImageLayout, add_image: AddImage) -> None:
    image = add_image(FILE)
    manifest = layout.manifest(image)
    _, (diff_id,) = layout.image_config(manifest)
    config = layout.blobs.read(manifest.config.digest) or b""
    other = config.replace(diff_id.hex.encode(), diff_id.hex[::-1].encode())
    stored = layout.blobs.put([other])
    raw = manifest.raw.replace(manifest.config.digest.hex.encode(), stored.digest.hex.encode())
    tampered = layout.blobs.put([raw])
    descriptor = Descriptor(media_type=image.media_type, digest=tampered.digest, size=tampered.size)
    (finding,) = validate_image(layout, descriptor)
    assert finding.rule == "image.diff-id"


def test_missing_history_is_found(layout: ImageLayout, add_image: AddImage) -> None:
    image = add_image(FILE)
    manifest = layout.manifest(image)
    config = (layout.blobs.read(manifest.config.digest) or b"").replace(b'"history"', b'"histoxy"')
    stored = layout.blobs.put([config])
    raw = manifest.raw.replace(manifest.config.digest.hex.encode(), stored.digest.hex.encode())
    tampered = layout.blobs.put([raw])
    descriptor = Descriptor(media_type=image.media_type, digest=tampered.digest, size=tampered.size)
    (finding,) = validate_image(layout, descriptor)
    assert finding.message == "expected 1 entries that made a layer, got 0"


def test_a_layer_that_is_no_archive_member_stream_is_found(
    layout: ImageLayout, add_image: AddImage
) -> None:
    image = add_image(FILE)
    manifest = layout.manifest(image)
    layer = manifest.layers[0]
    damaged = GzipEncoder().member(b"x" * 100)[:-1]
    stored = layout.blobs.put([damaged])
    raw = manifest.raw.replace(layer.digest.hex.encode(), stored.digest.hex.encode()).replace(
        b'"size":%d}]' % layer.size, b'"size":%d}]' % stored.size
    )
    tampered = layout.blobs.put([raw])
    descriptor = Descriptor(media_type=image.media_type, digest=tampered.digest, size=tampered.size)
    (finding,) = validate_image(layout, descriptor)
    assert str(finding) == "layers[0]: gzip data is cut short"


def test_other_media_types_are_found(layout: ImageLayout, add_image: AddImage) -> None:
    image = add_image(FILE)
    raw = layout.manifest(image).raw.replace(b"image.config.v1", b"image.banana.v1")
    raw = raw.replace(b"layer.v1.tar+gzip", b"layer.v1.tar+zstd")
    stored = layout.blobs.put([raw])
    descriptor = Descriptor(media_type=image.media_type, digest=stored.digest, size=stored.size)
    findings = validate_image(layout, descriptor)
    assert [(finding.rule, finding.location) for finding in findings] == [
        ("image.media-type", "config"),
        ("image.media-type", "layers[0]"),
    ]
