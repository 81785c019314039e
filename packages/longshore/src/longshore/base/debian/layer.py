"""The layers of an assembled base, made from its unpacked tree when a destination lacks them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from longshore.base.debian.rootfs import Rootfs
from longshore.base.debian.skeleton import HOME, USER
from longshore.oci.blobs import CHUNK
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import Destination, LayerDescriptor
from longshore.oci.materialise import known_layer
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
        return known_layer(self.memos, self.key, destination)

    def open(self) -> Iterator[bytes]:
        """Make the compressed bytes; ``materialise`` remembers what they came to."""
        yield from GzipEncoder().encode(write_tar(self._entries(self.unpack())))

    def _entries(self, rootfs: Rootfs) -> Iterator[tuple[TarEntry, Iterator[bytes]]]:
        for entry in rootfs.manifest.layer(self.name):
            owned = replace(entry, owner=USER) if entry.path == HOME else entry
            yield owned, self._content(rootfs, entry)

    @staticmethod
    def _content(rootfs: Rootfs, entry: TarEntry) -> Iterator[bytes]:
        if entry.kind is not EntryKind.FILE:
            return
        with (rootfs.root / entry.path).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
