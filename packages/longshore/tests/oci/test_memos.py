"""``oci.memos``: a cache that heals itself."""

from pathlib import Path

import pytest

from longshore.oci.memos import MemoStore
from longshore.types import Digest

KEY = Digest.of(b"key")


@pytest.fixture
def memos(tmp_path: Path) -> MemoStore:
    return MemoStore(tmp_path / "memos")


@pytest.mark.parametrize("value", [b"", b"x", b"two\nlines\n"])
def test_what_was_put_is_there(memos: MemoStore, value: bytes) -> None:
    assert memos.get(KEY) is None
    memos.put(KEY, value)
    assert memos.get(KEY) == value


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xff\nvalue"])
def test_a_damaged_memo_is_removed_and_absent(memos: MemoStore, damage: bytes) -> None:
    memos.put(KEY, b"value")
    (file,) = [path for path in memos.root.rglob("*") if path.is_file()]
    file.write_bytes(damage)
    assert memos.get(KEY) is None
    assert not file.exists()


def test_a_store_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memos = MemoStore(tmp_path / "file")
    memos.put(KEY, b"value")
    assert memos.get(KEY) is None
