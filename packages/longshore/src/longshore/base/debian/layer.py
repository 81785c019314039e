"""The layers of an assembled base, made from its unpacked tree when a destination lacks them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from longshore.base.debian.rootfs import Rootfs
from longshore.oci.blobs import CHUNK
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import Destination, LayerDescriptor
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EntryKind, TarEntry, write_tar
from longshore.types import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLayer:
    """Some of the entries of an unpacked base.

    Args:
        key: a digest of the packages that it is made of, and of the format.
        title: what it holds.
        name: the layer's name in the base's manifest.
        unpack: returns the unpacked base, making it first if need be.
        memos: remembers what the layer came to.
    """

    key: Digest
    title: str
    name: str
    unpack: Callable[[], Rootfs] = field(repr=False)
    memos: MemoStore = field(repr=False)

    def descriptor(self, destination: Destination) -> LayerDescriptor | None:
        """Return the descriptor if the layer was made before and the destination has it."""
        memo = self.memos.get(self._memo_key)
        if memo is None:
            return None
        document = json.loads(memo)
        descriptor = Descriptor(
            media_type=MediaType.LAYER_GZIP,
            digest=Digest.parse(document["digest"]),
            size=document["size"],
        )
        if not destination.has(descriptor.digest, descriptor.size):
            return None
        return LayerDescriptor(descriptor=descriptor, diff_id=Digest.parse(document["diff_id"]))

    def open(self) -> Iterator[bytes]:
        """Make the compressed bytes; what they came to is remembered when all were taken."""
        rootfs = self.unpack()
        plain, packed, size = hashlib.sha256(), hashlib.sha256(), 0

        def tar() -> Iterator[bytes]:
            for chunk in write_tar(self._entries(rootfs)):
                plain.update(chunk)
                yield chunk

        for chunk in GzipEncoder().encode(tar()):
            packed.update(chunk)
            size += len(chunk)
            yield chunk
        memo = {
            "digest": str(Digest("sha256", packed.hexdigest())),
            "size": size,
            "diff_id": str(Digest("sha256", plain.hexdigest())),
        }
        self.memos.put(self._memo_key, json.dumps(memo, sort_keys=True).encode())

    @property
    def _memo_key(self) -> Digest:
        return Digest.of(f"base layer {self.key}".encode())

    def _entries(self, rootfs: Rootfs) -> Iterator[tuple[TarEntry, Iterator[bytes]]]:
        for entry in rootfs.manifest.layer(self.name):
            yield entry, self._content(rootfs, entry)

    @staticmethod
    def _content(rootfs: Rootfs, entry: TarEntry) -> Iterator[bytes]:
        if entry.kind is not EntryKind.FILE:
            return
        with (rootfs.root / entry.path).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
