"""Images unpacked for the builtin engine: ``<cache>/rootfs/images/<chain>``.

A tree is named by its chain of diffIDs (image-spec 1.1, config.md §ChainID) and never changed once
it is there. An image that shares its lower layers with an earlier one starts as hard links to that
one's files, so that the next edit of an application unpacks only what the edit changed: unpacking
replaces files and never writes into them. Whoever uses a tree holds a shared lock on it, and only
trees that nobody holds are ever removed.
"""

import os
import shutil
import uuid
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from longshore.oci.blobs import disk_error
from longshore.oci.layout import ImageLayout
from longshore.oci.manifest import Manifest
from longshore.oci.tree_locks import exclusive, hold, lock_path, share
from longshore.oci.unpack import discard_root, remove_root, unpack_layers
from longshore.types import Digest, Event, Phase, Reporter

CHANGING_BYTES = 4 << 20
"""Top layers of together at most this size are taken for what an edit changes."""

KEPT = 4
"""Unused trees that stay, newest first."""

HELD = 16
"""Trees that one program keeps: those of the images that it is about to start, and some more."""


class RootfsCache:
    """The trees of one cache folder."""

    def __init__(self, root: Path, *, reporter: Reporter) -> None:
        self.root = root
        self._reporter = reporter
        self._held: list[int] = []
        weakref.finalize(self, _release, self._held)

    def prepare(self, layout: ImageLayout, manifest: Manifest, diff_ids: Sequence[Digest]) -> Path:
        """Return the tree of an image, unpacked if it has to be.

        It stays while this object lives, or until many others were prepared: whoever watches a
        project makes a tree with every edit, and what was started is held by its supervisor.

        Raises:
            SupplyChainError: if a layer is missing, damaged or hostile.
            PreflightError: if the disk is full.
        """
        chain = _chain(diff_ids)
        tree = self.root / chain[-1].hex
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._keep(tree)
            if not tree.exists():
                self._report(manifest, Phase.STARTED)
                self._build(layout, manifest, diff_ids, chain)
                self._report(manifest, Phase.DONE)
            os.utime(tree)
        except OSError as error:
            raise disk_error(error, self.root) from error
        return tree

    def prune(self, *, keep: int = KEPT) -> None:
        """Remove the oldest trees that nobody uses, and what killed programs left behind."""
        trees = [path for path in self.root.iterdir() if path.is_dir()]
        trees.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        unused = 0
        for tree in trees:
            with exclusive(tree) as is_ours:
                if not is_ours:
                    continue
                unused += 1
                if tree.name.startswith("."):
                    remove_root(tree)
                elif unused > keep:
                    discard_root(tree)  # its lock file stays: somebody may be waiting on it

    def _build(
        self,
        layout: ImageLayout,
        manifest: Manifest,
        diff_ids: Sequence[Digest],
        chain: Sequence[Digest],
    ) -> None:
        """Unpack in two steps, the stable lower layers first: the next image starts from them."""
        stable = _stable_layers([layer.size for layer in manifest.layers])
        for upto in (stable, len(chain)):
            if upto == 0 or (self.root / chain[upto - 1].hex).exists():
                continue
            below = self._hold_longest(chain[: upto - 1])
            with self._new_tree(self.root / chain[upto - 1].hex) as fresh:
                if below:
                    link_tree(self.root / chain[below - 1].hex, fresh)
                blobs = (layout.blobs.chunks(each.digest) for each in manifest.layers[below:upto])
                unpack_layers(blobs, fresh, diff_ids=diff_ids[below:upto])

    def _hold_longest(self, chain: Sequence[Digest]) -> int:
        """Return how many lower layers are there as one tree, which stays from now on."""
        for count in range(len(chain), 0, -1):
            tree = self.root / chain[count - 1].hex
            if tree.exists():
                self._keep(tree)
                if tree.exists():  # not removed just before the lock was ours
                    return count
        return 0

    @contextmanager
    def _new_tree(self, tree: Path) -> Iterator[Path]:
        fresh = self.root / f".new-{uuid.uuid4().hex}"
        with hold(fresh):
            try:
                fresh.mkdir(mode=0o755)
                yield fresh
                _publish(fresh, tree)
            finally:
                remove_root(fresh)
                lock_path(fresh).unlink(missing_ok=True)

    def _keep(self, tree: Path) -> None:
        self._held.append(share(tree))
        _release(self._held[:-HELD])
        del self._held[:-HELD]

    def _report(self, manifest: Manifest, phase: Phase) -> None:
        subject = manifest.descriptor().digest.short
        self._reporter.report(Event(kind="image.unpack", subject=subject, phase=phase))


def _release(handles: list[int]) -> None:
    for handle in handles:
        os.close(handle)


def link_tree(source: Path, target: Path) -> None:
    """Fill an empty folder with hard links to another tree's files, and copies of its links."""
    folders: list[tuple[str, str]] = [(str(source), str(target))]
    for here, there in folders:  # grows while it is walked
        with os.scandir(here) as entries:
            for entry in entries:
                copy = f"{there}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    os.mkdir(copy, 0o755)  # noqa: PTH102 - thousands: pathlib costs more than links
                    folders.append((entry.path, copy))
                else:
                    os.link(entry.path, copy, follow_symlinks=False)
    for here, there in reversed(folders):
        shutil.copystat(here, there)


def _publish(fresh: Path, tree: Path) -> None:
    try:
        fresh.rename(tree)
    except OSError:
        if not tree.exists():  # else another program was faster, with the same content
            raise


def _stable_layers(sizes: Sequence[int]) -> int:
    """Return how many layers, from the bottom, an edit will probably not change."""
    count, rest = len(sizes), CHANGING_BYTES
    while count and sizes[count - 1] <= rest:
        count -= 1
        rest -= sizes[count]
    return count


def _chain(diff_ids: Sequence[Digest]) -> list[Digest]:
    chain: list[Digest] = []
    for diff_id in diff_ids:
        chain.append(Digest.of(f"{chain[-1]} {diff_id}".encode()) if chain else diff_id)
    return chain
