"""``oci.config``: image configurations of ours and of others."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from longshore.errors import SupplyChainError
from longshore.oci.config import ImageConfig, ImageDocument, read_image_config
from longshore.types import Digest, Platform

DIGEST = Digest.of(b"tar")


def document(**kwargs: Any) -> ImageDocument:
    values: dict[str, Any] = {
        "config": ImageConfig(),
        "platform": Platform("linux", "arm", "v7"),
        "created": datetime(2026, 1, 1, tzinfo=UTC),
        "diff_ids": (DIGEST,),
        "history": ("wheels",),
    }
    return ImageDocument(**(values | kwargs))


def test_the_variant_is_written() -> None:
    assert json.loads(document().encode())["variant"] == "v7"


def test_history_has_one_entry_per_layer() -> None:
    with pytest.raises(ValueError, match="expected 1 history entries, got 0"):
        document(history=())


def test_a_configuration_without_settings_is_read() -> None:
    raw = json.dumps({"rootfs": {"type": "layers", "diff_ids": [str(DIGEST)]}}).encode()
    assert read_image_config(raw) == (ImageConfig(), (DIGEST,))


@pytest.mark.parametrize(
    ("rootfs", "message"),
    [
        (None, "config: rootfs: expected the type 'layers'"),
        ({"type": "zfs"}, "config: rootfs: expected the type 'layers'"),
        ({"type": "layers", "diff_ids": ["x"]}, "config: rootfs.diff_ids[0]: expected 'sha256:"),
        ({"type": "layers", "diff_ids": [1]}, "config: rootfs: diff_ids: expected strings"),
    ],
)
def test_a_root_file_system_of_another_kind_is_refused(
    rootfs: dict[str, Any] | None, message: str
) -> None:
    with pytest.raises(SupplyChainError) as caught:
        read_image_config(json.dumps({"rootfs": rootfs}).encode())
    assert caught.value.message.startswith(message)
