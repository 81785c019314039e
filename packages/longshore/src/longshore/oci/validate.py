"""Check a stored image against its own claims (image-spec 1.1): blobs, sizes, diffIDs, history."""

import json

from longshore.errors import SupplyChainError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Manifest
from longshore.oci.unpack import open_tar
from longshore.types import Digest, Finding, Severity

_LAYERS = frozenset({MediaType.LAYER_TAR, MediaType.LAYER_GZIP})


def validate_image(layout: ImageLayout, descriptor: Descriptor) -> tuple[Finding, ...]:
    """Read every byte of an image and return what is wrong with it; nothing for a sound one."""
    try:
        manifest = layout.manifest(descriptor)
        _, diff_ids = layout.image_config(manifest)
    except SupplyChainError as error:
        return (_problem("image.document", str(descriptor.digest), error.message),)
    findings = [*_check_config(layout, manifest)]
    for number, (layer, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
        findings += _check_layer(layout, f"layers[{number}]", layer, diff_id)
    return tuple(findings)


def _check_config(layout: ImageLayout, manifest: Manifest) -> list[Finding]:
    findings = []
    if manifest.config.media_type != MediaType.CONFIG:
        message = f"expected {MediaType.CONFIG.value!r}, got {manifest.config.media_type!r}"
        findings.append(_problem("image.media-type", "config", message))
    document = json.loads(layout.blobs.read(manifest.config.digest) or b"{}")
    history = document.get("history") or []
    filled = sum(1 for item in history if not item.get("empty_layer"))
    if filled != len(manifest.layers):
        message = f"expected {len(manifest.layers)} entries that made a layer, got {filled}"
        findings.append(_problem("image.history", "config: history", message))
    return findings


def _check_layer(
    layout: ImageLayout, where: str, layer: Descriptor, diff_id: Digest
) -> list[Finding]:
    if layer.media_type not in _LAYERS:
        message = f"expected a tar, plain or gzip, got {layer.media_type!r}"
        return [_problem("image.media-type", where, message)]
    path = layout.blobs.verified(layer.digest)
    if path is None or path.stat().st_size != layer.size:
        return [_problem("image.blob", where, f"blob {layer.digest} is missing or damaged")]
    try:
        found = Digest.of_chunks(open_tar(layout.blobs.chunks(layer.digest)))
    except SupplyChainError as error:
        return [_problem("image.layer", where, error.message)]
    if found != diff_id:
        return [_problem("image.diff-id", where, f"expected {diff_id}, got {found}")]
    return []


def _problem(rule: str, where: str, message: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, location=where, message=message)
