"""``oci.materialise``: a layer is made once, and what is stored is what it said."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longshore.errors import SupplyChainError
from longshore.oci.blobs import BlobStore
from longshore.oci.descriptor import Descriptor
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import Destination, LayerDescriptor
from longshore.oci.layout import ImageLayout
from longshore.oci.materialise import known_layer, materialise
from longshore.oci.memos import MemoStore
from longshore.oci.tar import TarEntry
from longshore.oci.unpack import unpack_image
from longshore.types import Digest


@dataclass(kw_only=True)
class PlainLayer:
    """A layer of given bytes that counts how often it is made."""

    memos: MemoStore
    data: bytes
    key: Digest = field(default_factory=lambda: Digest.of(b"inputs"))
    title: str = "plain"
    made: int = 0

    def descriptor(self, destination: Destination) -> LayerDescriptor | None:
        return known_layer(self.memos, self.key, destination)

    def open(self) -> Iterator[bytes]:
        self.made += 1
        yield from (self.data[start : start + 7] for start in range(0, len(self.data), 7))


def test_a_layer_is_made_once(tmp_path: Path) -> None:
    blobs, memos = BlobStore(tmp_path / "blobs"), MemoStore(tmp_path / "memos")
    data = b"".join(GzipEncoder().encode([b"tar" * 100]))
    layer = PlainLayer(memos=memos, data=data)
    first = materialise(layer, blobs, memos)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert materialise(layer, blobs, memos) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files
    assert layer.made == 1
    assert first.descriptor.digest == Digest.of(data)
    assert first.descriptor.size == len(data)
    assert first.diff_id == Digest.of(gzip.decompress(data))


def test_a_layer_whose_blob_is_gone_is_made_again(tmp_path: Path) -> None:
    blobs, memos = BlobStore(tmp_path / "blobs"), MemoStore(tmp_path / "memos")
    layer = PlainLayer(memos=memos, data=GzipEncoder().member(b"tar"))
    first = materialise(layer, blobs, memos)
    blobs.path(first.descriptor.digest).unlink()
    assert materialise(layer, blobs, memos) == first
    assert layer.made == 2


def test_damaged_bytes_are_neither_stored_nor_remembered(tmp_path: Path) -> None:
    blobs, memos = BlobStore(tmp_path / "blobs"), MemoStore(tmp_path / "memos")
    layer = PlainLayer(memos=memos, data=GzipEncoder().member(b"tar" * 50)[:-3])
    with pytest.raises(SupplyChainError, match="gzip data is cut short"):
        materialise(layer, blobs, memos)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_damaged_blob_is_removed_when_it_is_unpacked(
    tmp_path: Path, layout: ImageLayout, add_image: Callable[..., Descriptor]
) -> None:
    image = add_image([(TarEntry.file("a", 1), [b"1"])])
    layer = layout.manifest(image).layers[0]
    layout.blobs.path(layer.digest).write_bytes(bytes(layer.size))
    with pytest.raises(SupplyChainError, match=f"blob {layer.digest} is missing or damaged"):
        unpack_image(layout, image, tmp_path / "root")
    assert not layout.blobs.has(layer.digest)
