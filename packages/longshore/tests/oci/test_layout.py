"""``oci.layout``: a store that several processes share and other tools read."""

import errno
import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from longshore.errors import PreflightError, ProjectError, SupplyChainError
from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layer import LayerDescriptor
from longshore.oci.layout import REF_NAME, ImageLayout
from longshore.oci.tar import TarEntry
from longshore.types import Digest, Platform

AddImage = Callable[..., Descriptor]
FILE = [(TarEntry.file("hello", 2), [b"hi"])]


def test_a_new_layout_is_one_for_every_tool(tmp_path: Path) -> None:
    ImageLayout.open(tmp_path / "a" / "b")
    assert json.loads((tmp_path / "a/b/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert json.loads((tmp_path / "a/b/index.json").read_text()) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [],
    }


def test_what_was_written_is_read_back(layout: ImageLayout, add_image: AddImage) -> None:
    config = ImageConfig(
        env={"PATH": "/app/.venv/bin", "A": "x=y"},
        entrypoint=("/app/.venv/bin/python", "-m", "longshore_runtime"),
        cmd=("taskapi.main:app",),
        user="65532:65532",
        working_dir="/app",
        exposed_ports=("8000/tcp",),
        volumes=("/data",),
        labels={"a": "b"},
        stop_signal="SIGTERM",
    )
    descriptor = add_image(FILE, FILE, config=config)
    layout.tag("task-api", descriptor)
    found = ImageLayout.open(layout.root).resolve("task-api")
    manifest = layout.manifest(found)
    read, diff_ids = layout.image_config(manifest)
    assert read == config
    assert found.digest == descriptor.digest
    assert found.platform == Platform("linux", "amd64")
    assert len(manifest.layers) == len(diff_ids) == 2


def test_the_configuration_has_one_literal_form(layout: ImageLayout, add_image: AddImage) -> None:
    manifest = layout.manifest(add_image(FILE, config=ImageConfig(env={"B": "2", "A": "1"})))
    _, (diff_id,) = layout.image_config(manifest)
    assert layout.blobs.read(manifest.config.digest) == (
        b'{"architecture":"amd64","config":{"Env":["B=2","A=1"],"WorkingDir":"/"},'
        b'"created":"2026-01-02T03:04:05Z","history":[{"comment":"layer 0",'
        b'"created":"2026-01-02T03:04:05Z","created_by":"longshore"}],"os":"linux",'
        b'"rootfs":{"diff_ids":["' + str(diff_id).encode() + b'"],"type":"layers"}}'
    )


def test_a_name_moves_to_the_newer_image(layout: ImageLayout, add_image: AddImage) -> None:
    first, second = add_image(FILE), add_image(FILE, FILE)
    layout.tag("one", first)
    layout.tag("two", first)
    layout.tag("one", second)
    assert {name: item.digest for name, item in layout.names().items()} == {
        "one": second.digest,
        "two": first.digest,
    }
    entries = json.loads((layout.root / "index.json").read_text())["manifests"]
    assert [item["annotations"][REF_NAME] for item in entries] == ["one", "two"]


def test_an_image_is_found_by_digest_without_a_name(
    layout: ImageLayout, add_image: AddImage
) -> None:
    descriptor = add_image(FILE)
    assert layout.resolve(descriptor.digest).digest == descriptor.digest
    assert layout.resolve(str(descriptor.digest)).size == descriptor.size


@pytest.mark.parametrize("name", ["absent", Digest.of(b"absent"), "sha256:nonsense"])
def test_an_unknown_image_says_how_to_get_one(layout: ImageLayout, name: str | Digest) -> None:
    with pytest.raises(ProjectError) as caught:
        layout.resolve(name)
    assert caught.value.message == f"{layout.root}: no image {str(name)!r}"
    assert caught.value.hint == "build it first: longshore build"


def test_an_empty_name_is_refused(layout: ImageLayout, add_image: AddImage) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        layout.tag("", add_image(FILE))


def test_a_layer_must_be_in_the_store(layout: ImageLayout) -> None:
    blob = Descriptor(media_type=MediaType.LAYER_GZIP, digest=Digest.of(b"gone"), size=4)
    with pytest.raises(SupplyChainError, match="the layer of wheels is missing: sha256:"):
        layout.write_image(
            config=ImageConfig(),
            layers=[LayerDescriptor(descriptor=blob, diff_id=Digest.of(b"x"))],
            history=["wheels"],
            platform=Platform("linux", "amd64"),
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )


def test_history_matches_the_layers(layout: ImageLayout) -> None:
    with pytest.raises(ValueError, match="zip"):
        layout.write_image(
            config=ImageConfig(),
            layers=[],
            history=["wheels"],
            platform=Platform("linux", "amd64"),
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )


def test_a_damaged_manifest_is_noticed(layout: ImageLayout, add_image: AddImage) -> None:
    descriptor = add_image(FILE)
    layout.blobs.path(descriptor.digest).write_bytes(b"{}")
    with pytest.raises(SupplyChainError, match="is missing or damaged"):
        layout.manifest(descriptor)


def test_a_layout_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')
    with pytest.raises(SupplyChainError, match=r"expected version '1\.0\.0'"):
        ImageLayout.open(tmp_path)


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match="can't write: not a directory"):
        ImageLayout.open(tmp_path / "file" / "images")


def _tag_many(root: Path, start: int, descriptor: Descriptor) -> None:
    layout = ImageLayout.open(root)
    for number in range(start, start + 10):
        layout.tag(f"image-{number}", descriptor)


def test_names_given_by_several_processes_are_all_kept(
    layout: ImageLayout, add_image: AddImage
) -> None:
    descriptor = add_image(FILE)
    context = multiprocessing.get_context("fork")
    children = [
        context.Process(target=_tag_many, args=(layout.root, start, descriptor))
        for start in (0, 10, 20)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert len(layout.names()) == 30
    assert not list(layout.root.glob(".new-*"))


def test_an_image_that_vanished_is_told(layout: ImageLayout, add_image: AddImage) -> None:
    descriptor = add_image(FILE)
    manifest = layout.manifest(descriptor)
    layout.blobs.path(manifest.config.digest).unlink()
    with pytest.raises(SupplyChainError, match="is missing or damaged"):
        layout.image_config(manifest)


def test_a_configuration_for_other_layers_is_refused(
    layout: ImageLayout, add_image: AddImage
) -> None:
    manifest = layout.manifest(add_image(FILE, FILE))
    shorter = replace(manifest, layers=manifest.layers[:1])
    with pytest.raises(SupplyChainError, match=r"rootfs\.diff_ids: expected 1 entries, got 2"):
        layout.image_config(shorter)


@pytest.mark.parametrize(("owner", "call"), [(Path, "replace"), (os, "open")])
def test_names_survive_a_full_disk(
    layout: ImageLayout,
    add_image: AddImage,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    call: str,
) -> None:
    descriptor = add_image(FILE)
    layout.tag("one", descriptor)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, full)
        with pytest.raises(PreflightError, match="no space left on the device"):
            layout.tag("two", descriptor)
    assert set(layout.names()) == {"one"}
    assert not list(layout.root.glob(".new-*"))
