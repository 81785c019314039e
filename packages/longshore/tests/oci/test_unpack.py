"""``oci.unpack``: what a layer says stays below the root, and nothing of it is lost."""

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from longshore.errors import PreflightError, SupplyChainError
from longshore.oci.descriptor import Descriptor
from longshore.oci.gzip import GzipEncoder, pack_header
from longshore.oci.layout import ImageLayout
from longshore.oci.tar import EPOCH, TarEntry, write_tar
from longshore.oci.unpack import (
    UnpackLimits,
    discard_root,
    remove_root,
    unpack_image,
    unpack_layers,
)
from longshore.types import Digest


def member(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    info.mode = mode or (0o755 if kind == tarfile.DIRTYPE else 0o644)
    info.mtime = EPOCH
    return info, content


def layer(*members: tuple[tarfile.TarInfo, bytes]) -> list[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return [buffer.getvalue()]


def folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, kind=tarfile.DIRTYPE, mode=mode)


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, kind=tarfile.SYMTYPE, link=target)


def test_modes_times_and_links_are_restored_whatever_the_umask(tmp_path: Path) -> None:
    root = tmp_path / "root"
    old = os.umask(0o077)
    try:
        unpack_layers(
            [
                layer(
                    folder("./"),
                    folder("./app", 0o555),
                    member("./app/run", b"#!", mode=0o6755),
                    symlink("app/python", "run"),
                    member("app/second", kind=tarfile.LNKTYPE, link="app/run"),
                )
            ],
            root,
        )
    finally:
        os.umask(old)
    run = (root / "app/run").stat()
    assert stat.S_IMODE(run.st_mode) == 0o755
    assert stat.S_IMODE((root / "app").stat().st_mode) == 0o555
    assert run.st_ino == (root / "app/second").stat().st_ino
    assert {int((root / name).lstat().st_mtime) for name in ("app", "app/run", "app/python")} == {
        EPOCH
    }
    assert (root / "app/python").readlink() == Path("run")
    remove_root(root)
    assert not root.exists()


def test_members_compressed_one_by_one_unpack(tmp_path: Path) -> None:
    chunks = [pack_header(chunk) for chunk in write_tar([(TarEntry.file("a", 3), [b"abc"])])]
    unpack_layers([chunks], tmp_path)
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_a_whiteout_hides_what_lies_below(tmp_path: Path) -> None:
    below = layer(member("a/gone", b"1"), member("a/stays", b"1"), member("b/deep/x", b"1"))
    above = layer(member("a/.wh.gone"), member("b/.wh.deep"), member("c/.wh.never"))
    unpack_layers([below, above], tmp_path)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert files == ["a", "a/stays", "b", "c"]


@pytest.mark.parametrize("first", [True, False])
def test_an_opaque_folder_keeps_only_what_its_own_layer_brings(
    tmp_path: Path, *, first: bool
) -> None:
    below = layer(member("a/old", b"1"), member("a/sub/old", b"1"))
    new = [member("a/new", b"2"), member("a/sub2/new", b"2")]
    opaque = [member("a/.wh..wh..opq")]
    unpack_layers([below, layer(*(opaque + new if first else new + opaque))], tmp_path)
    files = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert files == ["a/new", "a/sub2/new"]


def test_a_later_layer_replaces_kinds(tmp_path: Path) -> None:
    below = layer(member("file", b"1"), member("folder/x", b"1"), symlink("link", "file"))
    above = layer(folder("file"), member("folder", b"2"), member("link", b"3"))
    unpack_layers([below, above], tmp_path)
    assert (tmp_path / "file").is_dir()
    assert (tmp_path / "folder").read_bytes() == b"2"
    assert not (tmp_path / "link").is_symlink()


def test_linked_folders_are_followed_inside_the_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    unpack_layers(
        [
            layer(symlink("lib", "usr/lib"), member("lib/a", b"1")),
            layer(
                symlink("abs", "/usr/lib"),
                member("abs/b", b"1"),
                symlink("up", "../../../outside"),
                member("up/c", b"1"),
            ),
        ],
        root,
    )
    assert sorted(path.name for path in (root / "usr/lib").iterdir()) == ["a", "b"]
    assert (root / "outside/c").exists()
    assert not list(outside.iterdir())


def test_a_file_written_over_a_link_does_not_write_through_it(tmp_path: Path) -> None:
    root, victim = tmp_path / "root", tmp_path / "victim"
    victim.write_text("safe")
    unpack_layers([layer(symlink("x", str(victim)), member("x", b"evil"))], root)
    assert victim.read_text() == "safe"
    assert (root / "x").read_bytes() == b"evil"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([member("../evil", b"1")], "leaves the root"),
        ([member("a/../../evil", b"1")], "leaves the root"),
        ([member("/etc/passwd", b"1")], "leaves the root"),
        ([member("a", b"1"), member("b", kind=tarfile.LNKTYPE, link="../a")], "leaves the root"),
        ([member("b", kind=tarfile.LNKTYPE, link="absent")], "which is no file"),
        ([folder("d"), member("b", kind=tarfile.LNKTYPE, link="d")], "which is no file"),
        ([symlink("l", "l"), member("l/x", b"1")], "too many symbolic links"),
        ([member("f", b"1"), member("f/x", b"1")], "'f' is no folder"),
        ([member("a/.wh...", b"")], r"a whiteout of '\.\.'"),
        ([member("a/.wh.", b"")], "a whiteout of ''"),
    ],
)
def test_an_entry_that_leaves_the_root_is_refused(
    tmp_path: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]], message: str
) -> None:
    root = tmp_path / "root"
    with pytest.raises(SupplyChainError, match=f"layer 0: .*{message}"):
        unpack_layers([layer(*members)], root)
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_are_left_out(tmp_path: Path, kind: bytes) -> None:
    unpack_layers([layer(member("dev", kind=kind), member("a", b"1"))], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_limits_hold_over_all_layers(tmp_path: Path) -> None:
    layers = [layer(member("a", bytes(600))), layer(member("b", bytes(600)))]
    for limits in (UnpackLimits(max_bytes=1000), UnpackLimits(max_entries=1)):
        with pytest.raises(SupplyChainError, match="layer 1: b: the image is too large"):
            unpack_layers(layers, tmp_path, limits=limits)


def test_a_huge_extended_header_is_refused(tmp_path: Path) -> None:
    info, _ = member("a")
    info.pax_headers = {"comment": "x" * (3 << 20)}
    data = GzipEncoder().member(layer((info, b""))[0])
    with pytest.raises(SupplyChainError, match="layer 0: an entry's header is too large"):
        unpack_layers([[data]], tmp_path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no archive" * 100, "layer 0: not a tar archive"),
        (b"\x28\xb5\x2f\xfd", "zstd layers can't be read"),
        (GzipEncoder().member(bytes(2048))[:-3], "layer 0: gzip data is cut short"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SupplyChainError, match=message):
        unpack_layers([[data]], tmp_path)


def test_an_archive_that_is_not_the_expected_one_is_refused(tmp_path: Path) -> None:
    chunks = layer(member("a", b"1"))
    unpack_layers([chunks], tmp_path, diff_ids=[Digest.of(chunks[0])])
    with pytest.raises(SupplyChainError, match="layer 0: expected the diffID sha256:"):
        unpack_layers([chunks], tmp_path, diff_ids=[Digest.of(b"other")])


def test_a_root_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match="can't write"):
        unpack_layers([], tmp_path / "file" / "root")


def test_a_stored_image_unpacks(
    tmp_path: Path, layout: ImageLayout, add_image: Callable[..., Descriptor]
) -> None:
    image = add_image([(TarEntry.file("a", 1), [b"1"])], [(TarEntry.file("b", 1), [b"2"])])
    unpack_image(layout, image, tmp_path / "root")
    assert (tmp_path / "root/b").read_bytes() == b"2"
    blob = layout.manifest(image).layers[1].digest
    layout.blobs.path(blob).unlink()
    with pytest.raises(SupplyChainError, match=f"blob {blob} is missing or damaged"):
        unpack_image(layout, image, tmp_path / "again")


def test_the_roots_own_mode_never_locks_its_owner_out(tmp_path: Path) -> None:
    unpack_layers([layer(folder(".", 0o555), member("a", b"1"))], tmp_path / "root")
    assert stat.S_IMODE((tmp_path / "root").stat().st_mode) == 0o755


def test_whiteouts_of_every_kind_of_entry_are_applied_as_such(tmp_path: Path) -> None:
    below = layer(member("a/x", b"1"), member("b", b"1"), folder("c"))
    above = layer(
        folder("a/.wh.x"),
        symlink(".wh.b", "anything"),
        member(".wh.c", kind=tarfile.LNKTYPE, link="a/x"),
        member("a/.wh..wh.plnk"),
    )
    unpack_layers([below, above], tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a"]


def test_a_link_to_itself_by_another_name_keeps_the_file(tmp_path: Path) -> None:
    unpack_layers(
        [layer(member("a", b"1"), member("./a", kind=tarfile.LNKTYPE, link="a"))], tmp_path
    )
    assert (tmp_path / "a").read_bytes() == b"1"


def test_folders_that_a_later_layer_removed_are_forgotten(tmp_path: Path) -> None:
    below = layer(folder("a", 0o500), folder("a/b", 0o500), folder("ab", 0o700))
    unpack_layers([below, layer(member("a", b"file"))], tmp_path)
    assert (tmp_path / "a").is_file()
    assert stat.S_IMODE((tmp_path / "ab").stat().st_mode) == 0o700


def test_what_follows_the_archive_is_refused(tmp_path: Path) -> None:
    data = layer(member("a", b"1"))[0] + bytes(1 << 18)
    unpack_layers([[data[:20000], data[20000:]]], tmp_path)
    chunks = [data, b"hidden" * 100_000]
    with pytest.raises(SupplyChainError, match="the archive is followed by something else"):
        unpack_layers([chunks], tmp_path)


def test_layers_that_are_wrong_in_a_store_that_is_sound_are_told_as_such(
    tmp_path: Path, layout: ImageLayout, add_image: Callable[..., Descriptor]
) -> None:
    image = add_image([(TarEntry.file("a", 1), [b"1"]), (TarEntry.file("a/b", 1), [b"2"])])
    with pytest.raises(SupplyChainError, match="layer 0: a/b: 'a' is no folder"):
        unpack_image(layout, image, tmp_path / "root")


def test_removing_a_root_spares_what_links_point_to(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir(mode=0o755)
    (outside / "kept").write_text("1")
    unpack_layers([layer(folder("a/b", 0o500), symlink("link", str(outside)))], root)
    remove_root(root)
    remove_root(root)
    assert not root.exists()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
    assert (outside / "kept").exists()


def extended(records: dict[str, bytes], entry: tarfile.TarInfo) -> bytes:
    """Return an entry with a pax header that ``tarfile`` itself would not write."""
    body = b""
    for key, value in records.items():
        tail = b" %s=%s\n" % (key.encode(), value)
        length = next(n for n in range(1, 10_000) if len(b"%d" % n + tail) == n)
        body += b"%d" % length + tail
    head = tarfile.TarInfo("pax")
    head.type, head.size = tarfile.XHDTYPE, len(body)
    return head.tobuf() + body + bytes(-len(body) % 512) + entry.tobuf()


def negative_size() -> bytes:
    header = bytearray(tarfile.TarInfo("file").tobuf())
    header[124:136] = (-1024).to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def extensions_without_end() -> bytes:
    head = tarfile.TarInfo("pax")
    head.type = tarfile.XHDTYPE
    return head.tobuf() * 1500


@pytest.mark.parametrize(
    "data",
    [
        extended({"mtime": b"nan"}, tarfile.TarInfo("file")),
        extended({"mtime": b"inf"}, tarfile.TarInfo("file")),
        extended({"mtime": b"1e30"}, tarfile.TarInfo("file")),
        extended({"size": b"-1024"}, tarfile.TarInfo("file")),
        extended({"path": b"a\0b"}, tarfile.TarInfo("file")),
        extended({"linkpath": b"a\0b"}, symlink("link", "x")[0]),
        extended({"GNU.sparse.map": b"0,x", "GNU.sparse.size": b"9"}, tarfile.TarInfo("file")),
        negative_size(),
        extensions_without_end(),
    ],
    ids=["nan", "inf", "huge", "pax-size", "nul", "nul-link", "sparse", "size", "endless"],
)
def test_a_hostile_header_is_an_error_of_ours(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SupplyChainError, match="layer 0: "):
        unpack_layers([[data + bytes(1024)]], tmp_path / "root")


def test_discarded_root_is_gone_under_its_name_before_its_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    (root / "usr").mkdir(parents=True)

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("longshore.oci.unpack.remove_root", killed)
    with pytest.raises(KeyboardInterrupt):
        discard_root(root)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".gone-")
    monkeypatch.undo()
    discard_root(left)
    assert not list(tmp_path.iterdir())
