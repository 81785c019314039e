"""``wheels.archive``: what two readers could understand differently is refused."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.errors import WheelError
from longshore.wheels.archive import Method, ZipArchive

Edit = Callable[[bytearray], None]


def make(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return bytearray(buffer.getvalue())


def read_all(path: Path) -> dict[str, bytes]:
    with ZipArchive.open(path) as archive:
        return {entry.name: archive.read(entry) for entry in archive.entries}


def refused(tmp_path: Path, data: bytes | bytearray) -> str:
    path = tmp_path / "a.whl"
    path.write_bytes(data)
    with pytest.raises(WheelError) as caught:
        read_all(path)
    return caught.value.message


def directory(data: bytes | bytearray) -> int:
    """Return where the central directory starts."""
    return int(struct.unpack_from("<L", data, data.rindex(b"PK\x05\x06") + 16)[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.text("abcdü/", min_size=1, max_size=8).filter(
            lambda name: "//" not in name and not name.startswith("/") and not name.endswith("/")
        ),
        st.binary(max_size=300),
        max_size=5,
    ).filter(lambda f: not any(a != b and b.startswith(f"{a}/") for a in f for b in f)),
    stored=st.booleans(),
)
def test_what_was_zipped_is_read(tmp_path: Path, files: dict[str, bytes], *, stored: bool) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(make(files, method=zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED))
    assert read_all(path) == files


def test_the_raw_bytes_are_one_deflate_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(make({"a": b"hello " * 1000}))
    with ZipArchive.open(path) as archive:
        (entry,) = archive.entries
        assert entry.method is Method.DEFLATED
        raw = b"".join(archive.raw(entry))
    assert len(raw) == entry.compressed_size
    assert zlib.decompress(raw, -zlib.MAX_WBITS) == b"hello " * 1000


@pytest.mark.parametrize("extra", range(-300, 301, 60))
def test_content_of_any_size_around_a_chunk_is_whole(tmp_path: Path, extra: int) -> None:
    content = bytes((2 << 20) + extra)
    (tmp_path / "a.whl").write_bytes(make({"a": content, "b": b"next"}))
    assert read_all(tmp_path / "a.whl")["a"] == content


def test_an_archive_written_as_a_stream_is_read(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            piece = bytes(data)  # type: ignore[call-overload] # whatever zipfile writes
            self.data += piece
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"abc" * 100)
        archive.writestr("b", b"def" * 100)
    (tmp_path / "a.whl").write_bytes(pipe.data)
    assert read_all(tmp_path / "a.whl") == {"a": b"abc" * 100, "b": b"def" * 100}


def test_an_archive_with_zip64_fields_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(b"abc")
    assert read_all(path) == {"a": b"abc"}
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start, length = directory(data), end - directory(data)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(data[:end] + record + locator + last)
    assert read_all(path) == {"a": b"abc"}
    path.write_bytes(data[:end] + last)
    assert "zip64 end of the central directory is missing" in refused(tmp_path, data[:end] + last)


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/passwd", "a//b", "./a", "..", "a/./b"]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, make({name: b""})).startswith("a.whl: bad name: expected a relative")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    data = make({"aa": b"1", "ab": b"2"})
    assert refused(tmp_path, data.replace(b"ab", b"aa")) == "a.whl: 'aa' appears twice"


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    data = make({"a": b"1", "a/b": b"2"})
    assert refused(tmp_path, data) == "a.whl: 'a' is a file and a folder"


def test_a_folder_entry_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(make({"a/": b"", "a/b": b"2"}))
    assert read_all(tmp_path / "a.whl") == {"a/b": b"2"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert refused(tmp_path, buffer.getvalue()) == "a.whl: 'link' is neither a file nor a folder"


def patch(offset: int, value: bytes, *, local: bool = False) -> Edit:
    def edit(data: bytearray) -> None:
        start = (0 if local else directory(data)) + offset
        data[start : start + len(value)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (patch(10, b"\x0c\0"), "'a' is compressed by the unknown method 12"),
        (patch(8, b"\x01\0"), "'a' is encrypted"),
        (patch(24, b"\xff\xff\xff\x7f"), "'a' claims 2147483647 bytes, compressed to"),
        (patch(0, b"XX"), "the central directory is damaged"),
        (patch(14, b"\0\0\0\0", local=True), "'a' has a local header that contradicts"),
        (patch(8, b"\0\0", local=True), "'a' has a local header that contradicts"),
        (patch(30, b"z", local=True), "'a' has a local header that contradicts"),
        (patch(0, b"XX", local=True), "'a' has no local header"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, edit: Edit, message: str) -> None:
    data = make({"a": b"abc" * 50})
    edit(data)
    assert message in refused(tmp_path, data)


def test_a_wrong_crc_is_refused(tmp_path: Path) -> None:
    data = make({"a": b"abc" * 50})
    for place in (14, directory(data) + 16):
        data[place : place + 4] = b"\x01\x02\x03\x04"
    assert refused(tmp_path, data) == "a.whl: 'a' has another CRC-32 than the archive tells"


def test_a_wrong_size_is_refused(tmp_path: Path) -> None:
    for size in (100, 200):
        data = make({"a": b"abc" * 50})
        for place in (22, directory(data) + 24):
            data[place : place + 4] = struct.pack("<L", size)
        assert f"'a' has not the {size} bytes" in refused(tmp_path, data)


def test_damaged_data_is_refused(tmp_path: Path) -> None:
    data = make({"a": b"abc" * 50})
    data[31] ^= 0xFF
    assert "'a' is damaged" in refused(tmp_path, data) or "exactly one" in refused(tmp_path, data)


def test_bytes_behind_the_stream_are_refused(tmp_path: Path) -> None:
    content = b"abc" * 50
    state = zlib.compressobj(wbits=-15)
    raw = state.compress(content) + state.flush() + b"hidden"
    data = make({"a": raw}, method=zipfile.ZIP_STORED)
    for local, central in ((8, 10), (14, 16), (22, 24)):
        value = {8: b"\x08\0", 14: struct.pack("<L", zlib.crc32(content)), 22: b"\x96\0\0\0"}[local]
        data[local : local + len(value)] = value
        start = directory(data) + central
        data[start : start + len(value)] = value
    assert refused(tmp_path, data) == "a.whl: 'a' is not exactly one DEFLATE stream"


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    data = make({"a": b"1" * 60, "b": b"1" * 60}, method=zipfile.ZIP_STORED)
    inner = bytes(data)[data.index(b"PK\x03\x04", 4) : directory(data)]
    whole = make({"a": b"1" * 60 + inner, "b": b"1" * 60}, method=zipfile.ZIP_STORED)
    second = directory(whole) + 46 + 1
    whole[second + 42 : second + 46] = struct.pack("<L", 31 + 60)  # b's header lies inside a
    assert refused(tmp_path, whole) == "a.whl: 'a' overlaps another entry"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data + b"x", "not a zip archive|followed by something else"),
        (lambda data: b"#!/bin/sh\n" + data, "the central directory is not where"),
        (lambda _: b"", "not a zip archive"),
        (lambda data: data[:-30], "not a zip archive"),
    ],
)
def test_something_before_or_behind_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    found = refused(tmp_path, change(bytes(make({"a": b"1"}))))
    assert any(part in found for part in message.split("|"))


def end_patch(offset: int, value: bytes) -> Edit:
    def edit(data: bytearray) -> None:
        start = data.rindex(b"PK\x05\x06") + offset
        data[start : start + len(value)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (end_patch(4, b"\x01\0"), "the archive has several parts"),
        (end_patch(8, b"\x02\0"), "the archive has several parts"),
        (end_patch(12, b"\0\0\0\x7f"), "the central directory has 2130706432 bytes"),
        (end_patch(10, b"\xff\xff"), "zip64 end of the central directory is missing"),
        (end_patch(20, b"\x05\0"), "the archive is followed by something else"),
    ],
)
def test_an_end_that_lies_is_refused(tmp_path: Path, edit: Edit, message: str) -> None:
    data = make({"a": b"1"})
    edit(data)
    assert message in refused(tmp_path, data)


def test_a_locator_that_points_nowhere_is_refused(tmp_path: Path) -> None:
    data = make({"a": b"1"})
    end = data.rindex(b"PK\x05\x06")
    data[end + 10 : end + 12] = b"\xff\xff"
    for place in (0, end, 1 << 40):
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
        assert "zip64 end" in refused(tmp_path, data[:end] + locator + data[end:])


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    data = make({f"{number}": b"" for number in range(5)})
    start = directory(data)
    for number in range(5):
        place = start + number * 47 + 20
        data[place : place + 8] = b"\xf0\xff\xff\xff" * 2
    assert "the archive unpacks to 21474836400 bytes" in refused(tmp_path, data)


def test_a_file_that_shrinks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(make({"a": bytes(range(256)) * 8}, method=zipfile.ZIP_STORED))
    with ZipArchive.open(path) as archive:
        os.truncate(path, 100)
        with pytest.raises(WheelError, match="'a' is cut short"):
            archive.read(archive.entries[0])


def test_more_entries_than_told_are_refused(tmp_path: Path) -> None:
    data = make({"a": b"1", "b": b"2"})
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = b"\x01\0\x01\0"
    assert "more entries than the archive tells" in refused(tmp_path, data)


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match=r"a\.whl: can't be read: no such file or directory"):
        ZipArchive.open(tmp_path / "a.whl")


def taken_apart(data: bytearray) -> tuple[bytes, bytes]:
    """Return the entries of an archive with a single one, and its directory."""
    start = directory(data)
    return bytes(data[:start]), bytes(data[start : data.rindex(b"PK\x05\x06")])


def end(length: int, start: int, *, count: int = 1) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, start, 0)


def end64(length: int, start: int, at: int) -> bytes:
    """Return a zip64 end record that stands at an offset, and its locator."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, start)
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)


def test_a_second_directory_for_readers_of_zip64_is_refused(tmp_path: Path) -> None:
    good, shown = taken_apart(make({"good.py": b"good"}))
    evil, hidden = taken_apart(make({"evil.py": b"evil"}))
    start = len(evil) + len(good)
    at = start + len(shown) + len(hidden)
    comment = hidden + end64(len(hidden), start + len(shown), at)
    entry = bytearray(shown)
    struct.pack_into("<H", entry, 32, len(comment))  # the length of the entry's comment
    struct.pack_into("<L", entry, 42, len(evil))  # where the entry is
    data = evil + good + bytes(entry) + comment + end(len(entry) + len(comment), start)
    (tmp_path / "other.whl").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "other.whl") as other:
        assert other.namelist() == ["evil.py"]
    refused(tmp_path, data)


def test_a_zip64_record_elsewhere_than_before_its_locator_is_refused(tmp_path: Path) -> None:
    entries, central = taken_apart(make({"a": b"x"}))
    start = len(entries)
    at = start + len(central)
    sound = entries + central + end64(len(central), start, at) + end(0xFFFFFFFF, 0xFFFFFFFF)
    (tmp_path / "sound.whl").write_bytes(sound)
    assert read_all(tmp_path / "sound.whl") == {"a": b"x"}
    record, locator = sound[at : at + 56], sound[at + 56 : at + 76]
    apart = entries + central + record + record + locator + end(0xFFFFFFFF, 0xFFFFFFFF)
    assert "zip64 end" in refused(tmp_path, apart)


def test_an_entry_with_a_second_name_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("good.py")
    field = struct.pack("<BL", 1, zlib.crc32(b"good.py")) + b"evil.py"
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"x")
    assert "'good.py' is also called 'evil.py'" in refused(tmp_path, buffer.getvalue())


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    data = make({"ü.py": b"x"})
    assert "is not UTF-8" in refused(tmp_path, data.replace("ü".encode(), b"\xff\xfe"))


def test_an_entry_that_only_readers_of_streams_see_is_refused(tmp_path: Path) -> None:
    good, shown = taken_apart(make({"good.py": b"good"}))
    evil, _ = taken_apart(make({"evil.py": b"evil"}))
    data = good + evil + shown + end(len(shown), len(good) + len(evil))
    assert "not in the directory" in refused(tmp_path, data)
    moved = bytearray(shown)
    struct.pack_into("<L", moved, 42, len(evil))
    data = evil + good + bytes(moved) + end(len(moved), len(good) + len(evil))
    assert "not in the directory" in refused(tmp_path, data)


def test_folders_between_files_are_no_hidden_entries(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("a/", "a/b", "c/", "c/d", "e/"):
            archive.writestr(zipfile.ZipInfo(name), b"" if name.endswith("/") else b"x")
    (tmp_path / "a.whl").write_bytes(buffer.getvalue())
    assert read_all(tmp_path / "a.whl") == {"a/b": b"x", "c/d": b"x"}
