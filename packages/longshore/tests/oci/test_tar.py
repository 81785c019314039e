"""``oci.tar``: deterministic, and readable by the standard library."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.oci.tar import (
    BLOCK,
    EPOCH,
    EntryKind,
    TarEntry,
    check_path,
    encode_header,
    parents,
    write_tar,
)

COMPONENT = st.text(
    st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=60
).filter(lambda part: part not in (".", ".."))
PATHS = st.lists(COMPONENT, min_size=1, max_size=8).map("/".join)


def read(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        return archive.getmembers()


@given(path=PATHS, target=PATHS)
def test_every_path_and_target_survives_the_round_trip(path: str, target: str) -> None:
    entries = [
        (TarEntry.directory(path), list[bytes]()),
        (TarEntry.file(path, 3), [b"abc"]),
        (TarEntry.symlink(path, target), []),
    ]
    folder, file, link = read(b"".join(write_tar(entries)))
    assert (folder.name, file.name, link.name) == (path, path, path)
    assert (folder.isdir(), file.isreg(), link.issym()) == (True, True, True)
    assert link.linkname == target
    assert (folder.mode, file.mode, link.mode) == (0o755, 0o644, 0o777)


@given(path=PATHS)
def test_nothing_of_the_host_is_in_a_header(path: str) -> None:
    (member,) = read(b"".join(write_tar([(TarEntry.file(path, 0), [])])))
    assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
    assert member.mtime == EPOCH


@pytest.mark.parametrize("length", [99, 100, 101, 155, 156, 254, 255, 256, 257, 300])
def test_names_around_the_limits_of_ustar(length: int) -> None:
    for path in ("n" * length, f"{'d' * (length // 2)}/{'n' * (length - length // 2 - 1)}"):
        for entry in (TarEntry.file(path, 0), TarEntry.directory(path)):
            assert read(encode_header(entry) + bytes(1024))[0].name == path


def test_a_split_name_needs_no_extension() -> None:
    path = "app/.venv/lib/python3.13/site-packages/" + "package/" * 9 + "module.py"
    assert len(path) > 100
    assert len(encode_header(TarEntry.file(path, 0))) == BLOCK


def test_a_file_of_more_than_8_gib_is_told_by_pax() -> None:
    size = 9 << 30
    entry = TarEntry.file("big", size)
    with tarfile.open(fileobj=io.BytesIO(encode_header(entry)), mode="r:") as archive:
        member = archive.next()
    assert member is not None
    assert member.size == size


@pytest.mark.parametrize("path", ["", "/etc", "a//b", "a/", "./a", "a/../b", "..", "a\0b"])
def test_a_path_that_may_leave_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="expected a relative path"):
        check_path(path)


@pytest.mark.parametrize(
    ("kind", "mode", "size", "target", "message"),
    [
        (EntryKind.FILE, 0o4755, 0, "", "without setuid"),
        (EntryKind.DIRECTORY, 0o755, 1, "", "only a file has content"),
        (EntryKind.FILE, 0o644, -1, "", "only a file has content"),
        (EntryKind.SYMLINK, 0o777, 0, "", "has a target"),
        (EntryKind.FILE, 0o644, 0, "x", "has a target"),
        (EntryKind.SYMLINK, 0o777, 0, "a\0b", "has a target"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(
    kind: EntryKind, mode: int, size: int, target: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TarEntry(path="a", kind=kind, mode=mode, size=size, target=target)


def test_content_must_have_the_size_that_its_entry_tells() -> None:
    with pytest.raises(ValueError, match="a: expected 3 bytes, got 2"):
        list(write_tar([(TarEntry.file("a", 3), [b"ab"])]))


def test_parents_come_outermost_first() -> None:
    assert list(parents("a/b/c")) == ["a", "a/b"]
    assert list(parents("a")) == []
