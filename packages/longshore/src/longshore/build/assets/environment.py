"""The virtual environment that a command of the project runs in: that of the image, unpacked.

Locked wheels change seldom: their layers are unpacked once per set, into
``<cache>/assets/<key>/``. The project's own wheels change with every edit: their layers go on top
of a tree of hard links to those files, which unpacking replaces and never writes into.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from longshore.build.interface import Workshop
from longshore.layers.assemble import image_layers, materialise_all
from longshore.layers.inputs import LayerInputs
from longshore.oci.blobs import BlobStore, disk_error
from longshore.oci.layer import LayerDescriptor
from longshore.oci.tree_locks import exclusive, hold
from longshore.oci.unpack import discard_root, remove_root, unpack_layers
from longshore.types import Digest

KEPT = 2
"""Unpacked sets of locked wheels that stay, newest first."""


@contextmanager
def open_environment_tree(workshop: Workshop, inputs: LayerInputs) -> Iterator[Path]:
    """Give a folder with ``app/.venv`` and ``app/.longshore`` as the image has them.

    Raises:
        WheelError: if the wheels can't be installed.
        PreflightError: if the disk is full.
    """
    locked, own = _make_layers(workshop, inputs)
    blobs, cache = workshop.layout.blobs, workshop.directories.cache / "assets"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, cache) from error
    with hold(cache):
        tree = _unpack_locked(locked, blobs, cache)
        if not own:
            yield tree
        else:
            with tempfile.TemporaryDirectory(prefix=".own-", dir=cache) as folder:
                yield _unpack_own(own, blobs, tree, Path(folder) / "tree")
    prune(cache)


def _make_layers(
    workshop: Workshop, inputs: LayerInputs
) -> tuple[tuple[LayerDescriptor, ...], tuple[LayerDescriptor, ...]]:
    """Make the layers that hold the virtual environment: of locked wheels, of own ones."""
    only_wheels = replace(inputs, assets=(), files=(), writable=())
    own = [*inputs.members, *([inputs.application] if inputs.application else [])]
    with image_layers(
        only_wheels, blobs=workshop.blobs, memos=workshop.memos, reporter=workshop.reporter
    ) as layers:
        made = materialise_all(
            layers.layers, workshop.layout.blobs, workshop.memos, workshop.reporter
        )
        first = min((layers.places[wheel.sha256] for wheel in own), default=len(made))
    return made[:first], made[first:]


def _unpack_locked(layers: Sequence[LayerDescriptor], blobs: BlobStore, cache: Path) -> Path:
    key = Digest.of("\n".join(str(layer.diff_id) for layer in layers).encode())
    tree = cache / key.hex
    try:
        if not tree.is_dir():
            with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as folder:
                fresh = Path(folder) / "tree"
                _unpack(layers, blobs, fresh)
                _publish(fresh, tree)
        os.utime(tree)
    except OSError as error:
        raise disk_error(error, cache) from error
    return tree


def _publish(fresh: Path, tree: Path) -> None:
    try:
        fresh.rename(tree)
    except OSError:
        if not tree.is_dir():  # else another build was faster, with the same content
            raise


def _unpack_own(
    layers: Sequence[LayerDescriptor], blobs: BlobStore, below: Path, tree: Path
) -> Path:
    try:
        shutil.copytree(below, tree, symlinks=True, copy_function=os.link)
    except (OSError, shutil.Error) as error:
        raise disk_error(OSError(str(error)), tree) from error
    _unpack(layers, blobs, tree)
    return tree


def _unpack(layers: Sequence[LayerDescriptor], blobs: BlobStore, tree: Path) -> None:
    unpack_layers(
        (blobs.chunks(layer.descriptor.digest) for layer in layers),
        tree,
        diff_ids=[layer.diff_id for layer in layers],
    )


def prune(cache: Path, *, keep: int = KEPT) -> None:
    """Remove the oldest trees, and what killed builds left behind, unless a build uses them."""
    with exclusive(cache) as is_ours:
        if not is_ours:
            return
        trees = [path for path in cache.iterdir() if path.is_dir()]
        trees.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        left_behind = [path for path in trees if path.name.startswith(".")]
        finished = [path for path in trees if path not in left_behind]
        for path in left_behind:
            remove_root(path)
        for path in finished[keep:]:
            discard_root(path)
