"""From pins to layers and a root file system."""

import io
import json
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from threading import Barrier
from typing import Protocol

import pytest

from longshore.base.interface import Base
from longshore.base.opening import lock_base, open_base
from longshore.errors import LockError, PreflightError, SupplyChainError
from longshore.locks.pins import BasePins, Pins
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.gzip import inflate
from longshore.oci.materialise import materialise
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH
from longshore.sandbox import Sandbox
from longshore.testing import Corrupt, Network, RecordingReporter
from longshore.testing.debian import (
    DebianArchive,
    FakePackage,
    minimal_base,
    minimal_toolchain,
    tar_entry,
)
from longshore.types import Digest, Glibc, Phase, Platform

HOST = Platform.host()

pytestmark = pytest.mark.skipif(
    HOST.architecture != "amd64", reason="the fixture's archive has packages for amd64 only"
)


class Open(Protocol):
    def __call__(self, name: str = ..., pins: BasePins | None = ...) -> Base: ...


@pytest.fixture
def pins(archive: DebianArchive, transport: Transport, store: BlobStore, apt: Path) -> BasePins:
    return lock_base(
        "debian:trixie",
        platform=HOST,
        transport=transport,
        store=store,
        apt=apt,
        certificates=archive.certificates,
    )


@pytest.fixture
def open_it(  # noqa: PLR0917 - fixtures
    archive: DebianArchive,
    pins: BasePins,
    transport: Transport,
    tmp_path: Path,
    apt: Path,
    host_sandbox: Sandbox,
) -> Open:
    """Open the base with a cache of that name."""
    given = pins

    def run(name: str = "cache", pins: BasePins | None = None) -> Base:
        cache = tmp_path / name
        return open_base(
            "debian:trixie",
            pins=Pins(bases=(pins or given,)),
            platform=HOST,
            transport=transport,
            store=BlobStore(cache / "blobs"),
            memos=MemoStore(cache / "memos"),
            cache=cache,
            sandbox=host_sandbox,
            apt=apt,
            certificates=archive.certificates,
        )

    return run


def tars(base: Base) -> list[dict[str, tarfile.TarInfo]]:
    archives = []
    for layer in base.describe().layers:
        data = b"".join(inflate(layer.open()))
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archives.append({member.name: member for member in archive})
    return archives


def test_what_the_base_is(open_it: Open, pins: BasePins) -> None:
    image = open_it().describe()
    assert image.reference == "debian:trixie"
    assert image.interpreter.path == PurePosixPath("/usr/bin/python3.13")
    assert (image.libc, image.target.libc) == (Glibc(2, 41), Glibc(2, 41))
    assert image.target.python == image.interpreter.version
    assert (image.user, image.config.user) == ("65532:65532", "65532:65532")
    assert image.created == pins.date == datetime(2025, 12, 31, tzinfo=UTC)
    assert [package.name for package in image.os_packages] == [each.name for each in pins.packages]
    assert [layer.title.split()[0] for layer in image.layers] == ["Debian", "Python", "bytecode"]
    places = {package.name: package.layer for package in image.os_packages}
    assert (places["tzdata"], places["libpython3.13-stdlib"]) == (0, 1)


def test_a_toolchain_is_another_tree_with_the_links_that_scripts_would_make(  # noqa: PLR0917
    archive: DebianArchive,
    open_it: Open,
    transport: Transport,
    tmp_path: Path,
    apt: Path,
    host_sandbox: Sandbox,
) -> None:
    archive.add_suite("trixie", [*minimal_base(), *minimal_toolchain()])
    store = BlobStore(tmp_path / "cache/blobs")
    pins = lock_base(
        "debian:trixie",
        platform=HOST,
        transport=transport,
        store=store,
        apt=apt,
        certificates=archive.certificates,
        toolchain=True,
    )
    toolchain = open_base(
        "debian:trixie",
        pins=Pins(toolchains=(pins,)),
        platform=HOST,
        transport=transport,
        store=store,
        memos=MemoStore(tmp_path / "cache/memos"),
        cache=tmp_path / "cache",
        sandbox=host_sandbox,
        apt=apt,
        certificates=archive.certificates,
        toolchain=True,
    )
    root = toolchain.unpack()
    assert (root / "usr/bin/cc").readlink() == Path("gcc")
    assert (root / "usr/bin/python3").readlink() == Path("python3.13")
    assert (root / "usr/bin/gcc-14").is_file()
    plain = open_it().unpack()
    assert plain != root
    assert not (plain / "usr/bin/cc").is_symlink()


def test_a_toolchain_that_is_not_pinned_is_named(
    transport: Transport, host_sandbox: Sandbox
) -> None:
    with pytest.raises(LockError) as caught:
        open_base(
            "debian:trixie",
            pins=Pins(),
            platform=HOST,
            packages=("libpq-dev",),
            transport=transport,
            store=BlobStore(Path("blobs")),
            memos=MemoStore(Path("memos")),
            cache=Path("cache"),
            sandbox=host_sandbox,
            toolchain=True,
        )
    assert str(caught.value) == (
        f"longshore.lock: the compiler for 'debian:trixie' with libpq-dev is not pinned for {HOST}"
    )


def test_the_unpacked_tree(open_it: Open) -> None:
    root = open_it().unpack()
    assert (root / "lib").readlink() == Path("usr/lib")
    assert (root / "usr/lib/x86_64-linux-gnu/libc.so.6").is_file()
    assert (root / "etc/ssl/certs/ca-certificates.crt").read_bytes() == b"A\nB\n"
    assert not (root / "usr/share/ca-certificates").exists()
    assert not (root / "usr/share/doc/tzdata/changelog.gz").exists()
    assert (root / "usr/share/doc/tzdata/copyright").is_file()
    assert (root / "var/lib/dpkg/status.d/libc6").read_text().startswith("Package: libc6\n")
    assert "nonroot:x:65532:65532:" in (root / "etc/passwd").read_text()
    assert (root / "tmp").stat().st_mode & 0o7777 == 0o1777
    program = (root / "usr/bin/python3.13").stat()
    assert program.st_mode & 0o7777 == 0o755  # it was setuid in its package
    assert int(program.st_mtime) == EPOCH
    assert (root / "usr/lib/python3.13/os.py").stat().st_mode & 0o7777 == 0o644
    names = {path.name.split(".")[0] for path in (root / "usr/lib/python3.13").rglob("*.pyc")}
    assert names == {"os", "__init__"}  # what can't be compiled is left out


def test_each_path_is_in_one_layer_with_the_folders_above_it(open_it: Open) -> None:
    os_layer, python, bytecode = tars(open_it())
    assert "usr/bin/python3.13" in python
    assert "var/lib/dpkg/status.d/python3.13-minimal" in python
    assert all(name.endswith(".pyc") for name, member in bytecode.items() if member.isfile())
    assert "etc/passwd" in os_layer
    files = [
        name for each in (os_layer, python, bytecode) for name in each if not each[name].isdir()
    ]
    assert len(files) == len(set(files))
    for each in (os_layer, python, bytecode):
        names = list(each)
        for name in names:
            parent = name.rpartition("/")[0]
            assert not parent or names.index(parent) < names.index(name)
            owner = 65532 if name == "home/nonroot" else 0
            assert (each[name].uid, each[name].gid, each[name].mtime) == (owner, owner, EPOCH)


def test_another_cache_gives_the_same_layers(open_it: Open) -> None:
    old = os.umask(0o077)
    try:
        one = [b"".join(layer.open()) for layer in open_it("one").describe().layers[:2]]
    finally:
        os.umask(old)
    # The host's interpreter writes its own paths into bytecode; the real one is tested elsewhere.
    two = [b"".join(layer.open()) for layer in open_it("two").describe().layers[:2]]
    assert one == two


def test_a_layer_is_remembered(open_it: Open, tmp_path: Path) -> None:
    destination = BlobStore(tmp_path / "images")
    for layer in open_it().describe().layers:
        assert layer.descriptor(destination) is None
        made = materialise(layer, destination, MemoStore(tmp_path / "cache/memos"))
        assert layer.descriptor(destination) == made
        plain = b"".join(inflate(destination.chunks(made.descriptor.digest)))
        assert made.diff_id == Digest.of(plain)
    for layer in open_it().describe().layers:
        assert layer.descriptor(destination) is not None
        assert layer.descriptor(BlobStore(tmp_path / "empty")) is None


def test_nothing_is_fetched_or_run_twice(
    open_it: Open, network: Network, host_sandbox: Sandbox
) -> None:
    first = open_it().describe()
    open_it().unpack()
    requests = len(network.requests)
    commands = len(host_sandbox.commands)  # type: ignore[attr-defined]
    assert open_it().describe().interpreter == first.interpreter
    open_it().unpack()
    assert len(network.requests) == requests
    assert len(host_sandbox.commands) == commands == 2  # type: ignore[attr-defined]


def test_a_changed_tree_is_made_again(open_it: Open, reporter: RecordingReporter) -> None:
    root = open_it().unpack()
    (root / "etc/passwd").write_text("root::0:0::/:\n")
    assert open_it().unpack() == root
    assert "nonroot" in (root / "etc/passwd").read_text()
    (warning,) = (event for event in reporter.events if event.phase is Phase.WARNING)
    assert "was changed; unpacking it again" in warning.detail


def test_a_changed_tree_is_made_again_once_by_all_who_need_it(
    open_it: Open, reporter: RecordingReporter
) -> None:
    root = open_it().unpack()
    (root / "etc/passwd").write_text("root::0:0::/:\n")
    base, together = open_it(), Barrier(4)

    def unpack(_: int) -> Path:
        together.wait()
        return base.unpack()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(unpack, range(4))) == {root}
    assert [event.phase for event in reporter.events].count(Phase.WARNING) == 1
    assert "nonroot" in (root / "etc/passwd").read_text()


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"format": 0})])
def test_a_tree_without_its_manifest_is_made_again(open_it: Open, text: str) -> None:
    root = open_it().unpack()
    (root.parent / "manifest.json").write_text(text)
    assert (open_it().unpack() / "etc/passwd").is_file()


def test_a_half_made_tree_is_never_used(
    open_it: Open, network: Network, tmp_path: Path, archive: DebianArchive
) -> None:
    network.fail("tzdata", Corrupt(), times=1)
    with pytest.raises(SupplyChainError, match=r"tzdata 1\.0-1"):
        open_it().unpack()
    assert not list((tmp_path / "cache").glob("rootfs/*"))
    hostile = FakePackage(name="tzdata", entries=((tar_entry("../../evil"), b""),))
    archive.add_suite("trixie", [*minimal_base()[:-1], hostile])
    with pytest.raises(SupplyChainError):
        open_it().unpack()


def test_a_package_that_leaves_the_root(
    open_it: Open, pins: BasePins, archive: DebianArchive, tmp_path: Path
) -> None:
    hostile = FakePackage(
        name="tzdata",
        entries=(
            (tar_entry("./etc/evil", kind=tarfile.SYMTYPE, target=str(tmp_path)), b""),
            (tar_entry("./etc/evil/file"), b"x"),
        ),
    )
    deb = hostile.deb()
    archive.site.files[f"/debian/{hostile.path}"] = deb
    packages = [
        replace(each, sha256=Digest.of(deb), size=len(deb)) if each.name == "tzdata" else each
        for each in pins.packages
    ]
    root = open_it(pins=replace(pins, packages=tuple(packages))).unpack()
    assert not (tmp_path / "file").exists()
    assert root / "etc/evil" in list((root / "etc").iterdir())


def test_a_superseded_package(open_it: Open, archive: DebianArchive) -> None:
    tzdata = minimal_base()[-1]
    del archive.site.files[f"/debian/{tzdata.path}"]
    with pytest.raises(LockError) as caught:
        open_it().unpack()
    assert str(caught.value) == "base: tzdata 1.0-1 is pinned, but the mirror has it no more"
    assert caught.value.hint == "run `longshore lock --upgrade base`"


def test_a_package_of_an_archive_without_a_mirror(open_it: Open, pins: BasePins) -> None:
    packages = tuple(replace(each, archive="debian-ports") for each in pins.packages)
    with pytest.raises(PreflightError, match="is pinned from 'debian-ports', of which no mirror"):
        open_it(pins=replace(pins, packages=packages)).unpack()


def test_a_damaged_download_is_fetched_again(
    open_it: Open, pins: BasePins, tmp_path: Path, reporter: RecordingReporter
) -> None:
    open_it().unpack()
    blob = BlobStore(tmp_path / "cache/blobs").path(pins.packages[0].sha256)
    data = blob.read_bytes()
    blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    root = open_it().unpack()
    (root / "etc/passwd").unlink()
    assert (open_it().unpack() / "etc/passwd").is_file()
    assert blob.read_bytes() == data
    assert reporter.events


def test_pins_without_libc(open_it: Open, pins: BasePins) -> None:
    packages = tuple(each for each in pins.packages if each.name != "libc6")
    with pytest.raises(LockError, match="the base 'debian:trixie' has no package 'libc6'"):
        open_it(pins=replace(pins, packages=packages)).describe()


class TestOpening:
    def test_a_base_that_is_not_pinned(self, open_it: Open, pins: BasePins) -> None:
        with pytest.raises(LockError) as caught:
            open_it(pins=replace(pins, extra=("libpq5",)))
        assert str(caught.value) == (
            f"longshore.lock: the base 'debian:trixie' is not pinned for {HOST}"
        )
        assert caught.value.hint == "run `longshore lock`"

    def test_a_platform_that_does_not_run_here(
        self, pins: BasePins, transport: Transport, tmp_path: Path, host_sandbox: Sandbox
    ) -> None:
        foreign = Platform("linux", "s390x")
        with pytest.raises(PreflightError, match="can't run the Python of 'debian:trixie'"):
            open_base(
                "debian:trixie",
                pins=Pins(bases=(replace(pins, platform=foreign),)),
                platform=foreign,
                transport=transport,
                store=BlobStore(tmp_path),
                memos=MemoStore(tmp_path),
                cache=tmp_path,
                sandbox=host_sandbox,
            )
