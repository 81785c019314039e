"""Unpacked images that share what they have in common."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from longshore.engines import rootfs
from longshore.engines.rootfs import HELD, RootfsCache
from longshore.errors import SupplyChainError
from longshore.oci.config import ImageConfig
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import LayerDescriptor
from longshore.oci.layout import ImageLayout
from longshore.oci.tar import EPOCH, TarEntry, write_tar
from longshore.oci.tree_locks import hold
from longshore.testing import RecordingReporter
from longshore.types import Digest, Phase, Platform

Files = Mapping[str, bytes]


class Images:
    """A store, and the trees of its images."""

    def __init__(self, folder: Path) -> None:
        self.layout = ImageLayout.open(folder / "images")
        self.root = folder / "rootfs"
        self.reporter = RecordingReporter()

    def image(self, *layers: Files) -> Descriptor:
        return self.layout.write_image(
            config=ImageConfig(),
            layers=[self._layer(files) for files in layers],
            history=["" for _ in layers],
            platform=Platform("linux", "amd64"),
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )

    def prepare(self, *layers: Files, cache: RootfsCache | None = None) -> Path:
        manifest = self.layout.manifest(self.image(*layers))
        _, diff_ids = self.layout.image_config(manifest)
        return (cache or self.cache()).prepare(self.layout, manifest, diff_ids)

    def cache(self) -> RootfsCache:
        return RootfsCache(self.root, reporter=self.reporter)

    def trees(self) -> int:
        return len([path for path in self.root.iterdir() if path.is_dir()])

    def _layer(self, files: Files) -> LayerDescriptor:
        entries = [(TarEntry.directory("app"), [b""])]
        entries += [
            (TarEntry.file(name, len(data)), [data]) for name, data in sorted(files.items())
        ]
        tar = b"".join(write_tar(entries))
        stored = self.layout.blobs.put(GzipEncoder().encode([tar]))
        blob = Descriptor(media_type=MediaType.LAYER_GZIP, digest=stored.digest, size=stored.size)
        return LayerDescriptor(descriptor=blob, diff_id=Digest.of(tar))


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    # Layers of a few hundred bytes are then "large": only the top one is taken for changing.
    monkeypatch.setattr(rootfs, "CHANGING_BYTES", 400)
    return Images(tmp_path)


BASE = {"app/base": bytes(range(256)) * 4}
MIDDLE = {"app/lib": bytes(reversed(range(256))) * 4, "app/main": b"old"}


def test_image_is_unpacked_with_its_upper_layers_on_top(images: Images) -> None:
    tree = images.prepare(BASE, MIDDLE, {"app/main": b"new"})
    assert (tree / "app/base").read_bytes() == BASE["app/base"]
    assert (tree / "app/main").read_bytes() == b"new"
    assert (tree / "app/main").stat().st_mtime == EPOCH
    assert (tree / "app").stat().st_mtime == EPOCH


def test_image_is_unpacked_once(images: Images) -> None:
    first = images.prepare(BASE)
    assert images.prepare(BASE) == first
    phases = [event.phase for event in images.reporter.events]
    assert phases == [Phase.STARTED, Phase.DONE]


def test_edited_image_shares_the_files_of_its_lower_layers(images: Images) -> None:
    before = images.prepare(BASE, MIDDLE, {"app/main": b"one"})
    after = images.prepare(BASE, MIDDLE, {"app/main": b"two"})
    assert (before / "app/main").read_bytes() == b"one"
    assert (after / "app/main").read_bytes() == b"two"
    assert (before / "app/base").stat().st_ino == (after / "app/base").stat().st_ino
    assert (after / "app/base").stat().st_nlink > 2


def test_edit_reads_only_the_layers_that_are_new(images: Images) -> None:
    images.prepare(BASE, MIDDLE, {"app/main": b"one"})
    manifest = images.layout.manifest(images.image(BASE, MIDDLE, {"app/main": b"two"}))
    images.layout.blobs.path(manifest.layers[0].digest).unlink()
    _, diff_ids = images.layout.image_config(manifest)
    tree = images.cache().prepare(images.layout, manifest, diff_ids)
    assert (tree / "app/main").read_bytes() == b"two"


def test_damaged_layer_leaves_no_tree(images: Images) -> None:
    manifest = images.layout.manifest(images.image(BASE))
    path = images.layout.blobs.path(manifest.layers[0].digest)
    path.write_bytes(b"".join(GzipEncoder().encode([bytes(1024)])))
    _, diff_ids = images.layout.image_config(manifest)
    with pytest.raises(SupplyChainError):
        images.cache().prepare(images.layout, manifest, diff_ids)
    assert images.trees() == 0


def test_oldest_unused_trees_are_pruned(images: Images) -> None:
    made = [images.prepare({"app/main": str(number).encode() * 500}) for number in range(4)]
    images.cache().prune(keep=1)
    assert [tree.exists() for tree in made] == [False, False, False, True]


def test_tree_that_somebody_holds_stays(images: Images) -> None:
    tree = images.prepare({"app/main": b"one" * 500})
    with hold(tree):
        images.cache().prune(keep=0)
        assert tree.exists()
    images.cache().prune(keep=0)
    assert not tree.exists()


def test_prepared_tree_stays_as_long_as_the_cache_object(images: Images) -> None:
    cache = images.cache()
    tree = images.prepare(BASE, cache=cache)
    images.cache().prune(keep=0)
    assert tree.exists()
    del cache
    images.cache().prune(keep=0)
    assert not tree.exists()


def test_many_versions_do_not_stay_for_ever(images: Images) -> None:
    cache = images.cache()
    made = [
        images.prepare({"app/main": str(number).encode() * 500}, cache=cache)
        for number in range(HELD + 3)
    ]
    images.cache().prune(keep=0)
    assert not made[0].exists()
    assert made[-1].exists()


def test_leftovers_of_a_killed_program_are_pruned(images: Images) -> None:
    images.prepare(BASE)
    (images.root / ".new-left").mkdir()
    images.cache().prune()
    assert not (images.root / ".new-left").exists()
    assert images.trees() == 1
