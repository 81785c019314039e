"""Which part of an image this machine runs."""

from pathlib import Path

import pytest

from longshore.engines.image import select_platform
from longshore.errors import ProjectError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Index
from longshore.types import Digest, Platform


def manifest_for(platform: str) -> Descriptor:
    return Descriptor(
        media_type=MediaType.MANIFEST,
        digest=Digest.of(platform.encode()),
        size=1,
        platform=Platform.parse(platform),
    )


@pytest.fixture
def layout(tmp_path: Path) -> ImageLayout:
    return ImageLayout.open(tmp_path)


@pytest.fixture
def index(layout: ImageLayout) -> Descriptor:
    raw = Index.create([manifest_for("linux/amd64"), manifest_for("linux/arm64")]).raw
    stored = layout.blobs.put([raw])
    return Descriptor(media_type=MediaType.INDEX, digest=stored.digest, size=stored.size)


def test_single_manifest_is_taken_as_it_is(layout: ImageLayout) -> None:
    single = manifest_for("linux/arm64")
    assert select_platform(layout, single, platform=Platform.parse("linux/amd64")) is single


def test_manifest_of_the_platform_is_chosen(layout: ImageLayout, index: Descriptor) -> None:
    for name in ("linux/amd64", "linux/arm64"):
        chosen = select_platform(layout, index, platform=Platform.parse(name))
        assert chosen == manifest_for(name)


def test_image_for_other_platforms_is_an_error(layout: ImageLayout, index: Descriptor) -> None:
    with pytest.raises(ProjectError) as caught:
        select_platform(layout, index, platform=Platform.parse("linux/riscv64"))
    assert caught.value.message == (
        "the image is for linux/amd64, linux/arm64; this machine is linux/riscv64"
    )
    assert caught.value.hint == "add it: longshore build --platform linux/riscv64"
