"""Unpacking source distributions: what is kept, and what is refused."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore.errors import WheelError
from longshore.oci.tar import EPOCH
from longshore.testing import make_sdist
from longshore.wheels import unpack
from longshore.wheels.unpack import unpack_sdist

Entry = tuple[str, bytes, str]
"""Name, type and target of an entry."""


def _info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> Entry:
    return name, kind, target


def _tar(*entries: Entry) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, 0o4777
            content = b"text" if kind == tarfile.REGTYPE else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


Unpack = Callable[..., Path]


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpack:
    def run(content: bytes, filename: str = "a-1.tar.gz") -> Path:
        (tmp_path / "blob").write_bytes(content)
        folder = tmp_path / "folder"
        folder.mkdir()
        return unpack_sdist(tmp_path / "blob", filename, folder)

    return run


def test_the_folder_of_an_sdist_is_returned(unpacked: Unpack) -> None:
    root = unpacked(make_sdist("a", "1", files={"src/a.py": "x = 1\n"}).content)
    assert root.name == "a-1"
    assert (root / "src/a.py").read_text() == "x = 1\n"
    assert (root / "pyproject.toml").is_file()


def test_modes_and_times_are_the_same_everywhere(unpacked: Unpack) -> None:
    umask = os.umask(0o077)
    try:
        root = unpacked(_tar(_info("a-1/run"), _info("a-1/b/c")))
    finally:
        os.umask(umask)
    assert stat.S_IMODE((root / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "b").stat().st_mode) == 0o755
    assert {path.stat().st_mtime for path in root.rglob("*")} == {EPOCH}


def test_links_that_stay_inside_are_kept(unpacked: Unpack) -> None:
    root = unpacked(
        _tar(
            _info("a-1/up", tarfile.SYMTYPE, "../a-1/b/c"),
            _info("a-1/over", tarfile.SYMTYPE, "up"),
            _info("a-1/b/c"),
            _info("a-1/same", tarfile.LNKTYPE, "a-1/b/c"),
        )
    )
    assert [(root / name).read_text() for name in ("up", "over", "same")] == ["text"] * 3
    assert not (root / "same").is_symlink()


def test_a_later_entry_takes_the_place_of_an_earlier_one(unpacked: Unpack) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for content in (b"x = 1\n", b"x = 2\n"):
            info = tarfile.TarInfo("a-1/a.py")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert (unpacked(buffer.getvalue()) / "a.py").read_text() == "x = 2\n"


def test_a_zip_is_an_sdist_too(unpacked: Unpack) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a-1/setup.py", "pass\n")
    assert (unpacked(buffer.getvalue(), "a-1.zip") / "setup.py").read_text() == "pass\n"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([_info("a-1/../../x")], "'a-1/../../x' is a bad name"),
        ([_info("/etc/passwd")], "'/etc/passwd' is a bad name"),
        ([_info("a-1/x", tarfile.SYMTYPE, "/etc/passwd")], "which leaves the archive"),
        ([_info("a-1/x", tarfile.SYMTYPE, "../../x")], "which leaves the archive"),
        ([_info("a-1/x", tarfile.SYMTYPE, "x")], "which leaves the archive"),
        (  # each link is harmless by its text, but the second passes the first
            [
                _info("a-1/b/l", tarfile.SYMTYPE, ".."),
                _info("a-1/m", tarfile.SYMTYPE, "b/l/../.."),
            ],
            "'a-1/m' is a link to 'b/l/../..', which leaves the archive",
        ),
        (
            [_info("a-1/x", tarfile.SYMTYPE, "."), _info("a-1/x/y")],
            "'a-1/x/y' lies below 'a-1/x', which is no folder",
        ),
        (
            [_info("a-1/x/y", tarfile.SYMTYPE, "."), _info("a-1/x", tarfile.SYMTYPE, ".")],
            "'a-1/x/y' lies below a link",
        ),
        ([_info("a-1/x"), _info("a-1/x/y")], "'a-1/x/y' lies below 'a-1/x', which is no folder"),
        ([_info("a-1/x/y"), _info("a-1/x")], "'a-1/x' is there twice"),
        ([_info("a-1/x"), _info("a-1/x", tarfile.SYMTYPE, "y")], "'a-1/x' is there twice"),
        ([_info("a-1/x", tarfile.LNKTYPE, "/etc/passwd")], "'/etc/passwd' is a bad name"),
        ([_info("a-1/x", tarfile.LNKTYPE, "a-1/y")], "which is no file"),
        (
            [_info("a-1/x", tarfile.SYMTYPE, "y"), _info("a-1/z", tarfile.LNKTYPE, "a-1/x")],
            "which is no file",
        ),
        ([_info("a-1/x", tarfile.CHRTYPE)], "'a-1/x' is neither a file, a folder nor a link"),
        ([_info("a-1/x", tarfile.FIFOTYPE)], "'a-1/x' is neither a file, a folder nor a link"),
        ([_info("a-1/x"), _info("b-1/x")], "expected one folder at the top, got 2"),
        ([_info("x")], "expected one folder at the top, got 0"),
    ],
)
def test_what_could_leave_the_folder_is_refused(
    unpacked: Unpack, tmp_path: Path, entries: list[Entry], message: str
) -> None:
    with pytest.raises(WheelError) as caught:
        unpacked(_tar(*entries))
    assert str(caught.value).startswith("a-1.tar.gz: ")
    assert message in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"blob", "folder"}


@pytest.mark.parametrize(
    "content",
    [
        b"not an archive at all",
        gzip.compress(b"not a tar" * 200),
        _tar(_info("a-1/x"))[:-20],
        _tar(_info("a-1/x")) + b"trailing",
    ],
    ids=["text", "no tar", "cut short", "trailing"],
)
def test_what_is_no_archive_is_refused(unpacked: Unpack, content: bytes) -> None:
    with pytest.raises(WheelError, match=r"a-1\.tar\.gz: .+"):
        unpacked(content)


def test_a_bomb_is_refused_before_it_is_written(
    unpacked: Unpack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unpack, "MAX_BYTES", 5)
    with pytest.raises(WheelError, match="unpacks to more than 5 bytes"):
        unpacked(_tar(_info("a-1/x"), _info("a-1/y")))
    assert not (tmp_path / "folder/a-1/y").exists()


def test_a_flood_of_entries_is_refused(unpacked: Unpack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 1)
    with pytest.raises(WheelError, match="or 1 files"):
        unpacked(_tar(_info("a-1/x"), _info("a-1/y")))
