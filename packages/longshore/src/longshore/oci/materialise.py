"""Make a layer once: store its blob, learn its diffID on the way, remember both by its key."""

import json
from collections.abc import Iterator

from longshore.oci.blobs import BlobStore, BlobWriter
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.document import canonical
from longshore.oci.gzip import inflate
from longshore.oci.layer import Destination, Layer, LayerDescriptor
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Event, NullReporter, Phase, Reporter

_KIND = "layer.encode"


def known_layer(memos: MemoStore, key: Digest, destination: Destination) -> LayerDescriptor | None:
    """Return what a key came to last time if the destination has that blob, else ``None``."""
    memo = memos.get(key)
    if memo is None:
        return None
    document = json.loads(memo)
    descriptor = Descriptor(
        media_type=document["mediaType"],
        digest=Digest.parse(document["digest"]),
        size=document["size"],
    )
    if not destination.has(descriptor.digest, descriptor.size):
        return None
    return LayerDescriptor(descriptor=descriptor, diff_id=Digest.parse(document["diffId"]))


def remember_layer(memos: MemoStore, key: Digest, layer: LayerDescriptor) -> None:
    """Keep what a key came to."""
    document = {
        "mediaType": layer.descriptor.media_type,
        "digest": str(layer.descriptor.digest),
        "size": layer.descriptor.size,
        "diffId": str(layer.diff_id),
    }
    memos.put(key, canonical(document))


def materialise(
    layer: Layer, blobs: BlobStore, memos: MemoStore, reporter: Reporter | None = None
) -> LayerDescriptor:
    """Return a layer's descriptor, making and storing its blob (gzip) only where it is missing.

    Memory is flat: chunks go through the compressed digest, the disk and the inflater once, which
    also proves that every member's CRC-32 and size are right.

    Raises:
        SupplyChainError: if the layer's bytes are no gzip file.
        PreflightError: if the disk is full.
        LongshoreError: whatever making the layer raises.
    """
    listener = reporter or NullReporter()
    if (known := layer.descriptor(blobs)) is not None:
        listener.report(Event(kind=_KIND, subject=layer.title, phase=Phase.CACHED))
        return known
    listener.report(Event(kind=_KIND, subject=layer.title, phase=Phase.STARTED))
    with blobs.writer() as writer:
        diff_id = Digest.of_chunks(inflate(_copy(layer.open(), writer)))
        stored = writer.commit()
    made = LayerDescriptor(
        descriptor=Descriptor(
            media_type=MediaType.LAYER_GZIP, digest=stored.digest, size=stored.size
        ),
        diff_id=diff_id,
    )
    remember_layer(memos, layer.key, made)
    done = Event(kind=_KIND, subject=layer.title, phase=Phase.DONE, done=stored.size)
    listener.report(done)
    return made


def _copy(chunks: Iterator[bytes], writer: BlobWriter) -> Iterator[bytes]:
    for chunk in chunks:
        writer.write(chunk)
        yield chunk
