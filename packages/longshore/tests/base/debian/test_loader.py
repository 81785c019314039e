"""The loader's cache of a base that has ldconfig."""

from pathlib import Path

import pytest

from longshore.base.debian.loader import make_loader_cache
from longshore.base.opening import lock_base, open_base
from longshore.errors import PreflightError
from longshore.locks.pins import Pins
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.oci.tar import EPOCH
from longshore.sandbox import Command, Completed, Sandbox
from longshore.testing.debian import DebianArchive, FakePackage, minimal_base, tar_entry
from longshore.types import Platform


class Ldconfig:
    """Plays ldconfig, and leaves other programs to another sandbox."""

    name = "ldconfig"

    def __init__(self, other: Sandbox, *, returncode: int = 0) -> None:
        self._other = other
        self._returncode = returncode

    def run(self, command: Command, *, stdin: bytes = b"") -> Completed:
        if command.argv[0] != "/usr/sbin/ldconfig":
            return self._other.run(command, stdin=stdin)
        (mount,) = command.mounts
        assert mount.source is not None
        assert mount.writable
        place = Path(command.argv[-1].replace(str(mount.target), str(mount.source)))
        place.write_bytes(b"glibc-ld.so.cache1.1")
        return Completed(returncode=self._returncode, stdout=b"", stderr=b"no such luck\n")


def test_a_base_without_the_program_has_no_cache(tmp_path: Path, host_sandbox: Sandbox) -> None:
    assert make_loader_cache(host_sandbox, rootfs=tmp_path) is None


def test_a_failure_is_told_with_what_the_program_said(
    tmp_path: Path, host_sandbox: Sandbox
) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/ldconfig").touch()
    with pytest.raises(PreflightError, match="base: /usr/sbin/ldconfig ended with 1") as caught:
        make_loader_cache(Ldconfig(host_sandbox, returncode=1), rootfs=tmp_path)
    assert caught.value.context == ("no such luck",)


@pytest.mark.skipif(
    Platform.host().architecture != "amd64", reason="the fixture's archive is for amd64 only"
)
def test_the_cache_is_part_of_the_tree(
    archive: DebianArchive, transport: Transport, tmp_path: Path, apt: Path, host_sandbox: Sandbox
) -> None:
    program = (tar_entry("./sbin/ldconfig", mode=0o755), b"\x7fELF")
    archive.add_suite("trixie", [*minimal_base(), FakePackage(name="libc-bin", entries=(program,))])
    store, host = BlobStore(tmp_path / "blobs"), Platform.host()
    pins = lock_base(
        "debian:trixie",
        platform=host,
        packages=("libc-bin",),
        transport=transport,
        store=store,
        apt=apt,
        certificates=archive.certificates,
    )
    base = open_base(
        "debian:trixie",
        pins=Pins(bases=(pins,)),
        platform=host,
        packages=("libc-bin",),
        transport=transport,
        store=store,
        memos=MemoStore(tmp_path / "memos"),
        cache=tmp_path / "cache",
        sandbox=Ldconfig(host_sandbox),
        apt=apt,
        certificates=archive.certificates,
    )
    cache = base.unpack() / "etc/ld.so.cache"
    assert cache.read_bytes() == b"glibc-ld.so.cache1.1"
    assert cache.stat().st_mode & 0o7777 == 0o644
    assert int(cache.stat().st_mtime) == EPOCH
    assert base.unpack() == cache.parents[1]  # the manifest knows it: the tree is unchanged
