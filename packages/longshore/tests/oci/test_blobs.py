"""``oci.blobs``: a blob is there whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from longshore.errors import PreflightError, SupplyChainError
from longshore.oci.blobs import BlobStore, disk_error
from longshore.types import Digest


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def test_what_was_put_is_read_in_bounded_chunks(store: BlobStore) -> None:
    data = bytes(range(256)) * 10_000
    stored = store.put([data[:7], data[7:]], Digest.of(data))
    assert (stored.digest, stored.size) == (Digest.of(data), len(data))
    assert store.has(stored.digest, len(data))
    assert not store.has(stored.digest, 1)
    assert store.read(stored.digest) == data
    chunks = list(store.chunks(stored.digest))
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= 1 << 20
    assert store.path(stored.digest).stat().st_mode & 0o777 == 0o644


def test_unexpected_bytes_are_not_published(store: BlobStore) -> None:
    with pytest.raises(SupplyChainError, match=r"expected sha256:.*, got sha256:"):
        store.put([b"other"], Digest.of(b"this"))
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_a_writer_that_is_left_early_leaves_nothing(store: BlobStore) -> None:
    with store.writer() as writer:
        writer.write(b"half")
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_a_damaged_blob_is_removed_and_absent(store: BlobStore) -> None:
    digest = store.put([b"sound"]).digest
    store.path(digest).write_bytes(b"fault")
    assert store.has(digest, 5)
    assert store.verified(digest) is None
    assert not store.has(digest)
    assert store.read(digest) is None


@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "replace")])
def test_a_full_disk_is_told_and_leaves_nothing(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch, owner: object, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(owner, call, full)
    with pytest.raises(PreflightError) as caught:
        store.put([b"data"])
    assert caught.value.message == f"{store.root}: no space left on the device"
    assert caught.value.hint is not None
    assert not [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_disk_that_fills_while_writing_is_told(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer() as writer, Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(writer, "_file", full)
        with pytest.raises(PreflightError, match="no space left on the device"):
            writer.write(b"data")
        monkeypatch.undo()


def test_a_store_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match="can't write: not a directory"):
        BlobStore(tmp_path / "file" / "blobs").put([b""])


def test_other_failures_name_their_reason() -> None:
    error = disk_error(OSError(errno.EACCES, "Permission denied"), Path("/cache"))
    assert error.message == "/cache: can't write: permission denied"
