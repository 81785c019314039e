"""A small image in a layout, made of given entries."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import LayerDescriptor
from longshore.oci.layout import ImageLayout
from longshore.oci.tar import TarEntry, write_tar
from longshore.types import Digest, Platform

Entries = Iterable[tuple[TarEntry, list[bytes]]]


@pytest.fixture
def layout(tmp_path: Path) -> ImageLayout:
    return ImageLayout.open(tmp_path / "images")


@pytest.fixture
def add_image(layout: ImageLayout) -> Callable[..., Descriptor]:
    """Write an image whose layers are lists of entries."""

    def add(*layers: Entries, config: ImageConfig | None = None) -> Descriptor:
        described = []
        for entries in layers:
            tar = b"".join(write_tar(entries))
            stored = layout.blobs.put(GzipEncoder().encode([tar]))
            blob = Descriptor(
                media_type=MediaType.LAYER_GZIP, digest=stored.digest, size=stored.size
            )
            described.append(LayerDescriptor(descriptor=blob, diff_id=Digest.of(tar)))
        return layout.write_image(
            config=config or ImageConfig(),
            layers=described,
            history=[f"layer {number}" for number in range(len(described))],
            platform=Platform("linux", "amd64"),
            created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )

    return add
