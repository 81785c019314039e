"""Pinning a base from a mirror, with everything that can be wrong with one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from longshore.base.debian.lock import lock_debian
from longshore.errors import (
    LockError,
    PreflightError,
    SupplyChainError,
    TransportError,
    UsageError,
)
from longshore.locks.pins import BasePins
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.testing import Corrupt, Network, RecordingReporter, StaticSite, Status
from longshore.testing.debian import (
    DebianArchive,
    FakePackage,
    minimal_base,
    minimal_toolchain,
    new_key,
)
from longshore.types import Digest, Phase, Platform

AMD64 = Platform("linux", "amd64")
MIRROR = "http://mirror.test/debian"
OLD = datetime(2025, 12, 1, tzinfo=UTC)
SECURITY = {"Label": "Debian-Security"}


class Lock(Protocol):
    def __call__(
        self,
        *packages: str,
        mirrors: Mapping[str, str] = ...,
        reference: str = ...,
        platform: Platform = ...,
        toolchain: bool = ...,
    ) -> BasePins: ...


@pytest.fixture
def lock(archive: DebianArchive, transport: Transport, store: BlobStore, apt: Path) -> Lock:
    def run(
        *packages: str,
        mirrors: Mapping[str, str] | None = None,
        reference: str = "debian:trixie",
        platform: Platform = AMD64,
        toolchain: bool = False,
    ) -> BasePins:
        return lock_debian(
            reference,
            platform=platform,
            packages=packages,
            transport=transport,
            store=store,
            mirrors=mirrors or {},
            apt=apt,
            certificates=archive.certificates,
            toolchain=toolchain,
        )

    return run


def test_the_roots_and_what_they_need_are_pinned(lock: Lock) -> None:
    pins = lock()
    assert (pins.reference, pins.platform, pins.extra) == ("debian:trixie", AMD64, ())
    assert [package.name for package in pins.packages] == [
        *("base-files", "ca-certificates", "libc6", "libpython3.13-stdlib", "libstdc++6"),
        "media-types",
        *("netbase", "python3.13-minimal", "tzdata"),
    ]
    libc6 = next(package for package in pins.packages if package.name == "libc6")
    deb = FakePackage(name="libc6", version="2.41-12").path
    assert (libc6.version, libc6.architecture, libc6.archive) == ("2.41-12", "amd64", "debian")
    assert libc6.path == deb


def test_hashes_and_sizes_are_those_of_the_archives(lock: Lock, archive: DebianArchive) -> None:
    for package in lock().packages:
        deb = archive.site.files[f"/debian/{package.path}"]
        assert (package.size, package.sha256) == (len(deb), Digest.of(deb))


def test_security_updates_win(lock: Lock, archive: DebianArchive) -> None:
    fixed = FakePackage(name="libc6", version="2.41-12+deb13u1")
    archive.add_suite(
        "trixie-security",
        [fixed],
        root="/debian-security",
        fields=SECURITY,
        date=datetime(2026, 1, 1, tzinfo=UTC),
    )
    pins = lock()
    libc6 = next(package for package in pins.packages if package.name == "libc6")
    assert (libc6.version, libc6.archive) == ("2.41-12+deb13u1", "debian-security")
    assert pins.date == datetime(2026, 1, 1, tzinfo=UTC)  # the newest of the releases


def test_extra_packages(lock: Lock, archive: DebianArchive) -> None:
    libpq = FakePackage(name="libpq5", version="1:17.2-1", depends="libc6, libgone | libldap2")
    archive.add_suite("trixie", [*minimal_base(), libpq, FakePackage(name="libldap2")])
    pins = lock("libpq5", "libpq5")
    assert pins.extra == ("libpq5",)
    assert {"libpq5", "libldap2"} <= {package.name for package in pins.packages}


def test_a_toolchain_is_the_base_a_compiler_and_what_is_essential(
    lock: Lock, archive: DebianArchive, reporter: RecordingReporter
) -> None:
    libpq = FakePackage(name="libpq-dev", depends="libc6-dev")
    archive.add_suite("trixie", [*minimal_base(), *minimal_toolchain(), libpq])
    base = {package.name for package in lock().packages}
    pins = lock("libpq-dev", toolchain=True)
    assert pins.extra == ("libpq-dev",)
    tools = {package.name for package in minimal_toolchain()}
    assert {package.name for package in pins.packages} == base | tools | {"libpq-dev"}
    subject = "debian:trixie linux/amd64 with a compiler"
    assert subject in [event.subject for event in reporter.events]


def test_a_build_package_that_does_not_exist(lock: Lock, archive: DebianArchive) -> None:
    archive.add_suite("trixie", [*minimal_base(), *minimal_toolchain()])
    with pytest.raises(LockError) as caught:
        lock("libqp-dev", toolchain=True)
    assert str(caught.value) == "base: 'libqp-dev' is in none of the suites"
    assert str(caught.value.hint).startswith("check `build-packages` in the configuration")


def test_a_package_that_does_not_exist(lock: Lock) -> None:
    with pytest.raises(LockError) as caught:
        lock("libqp5")
    assert str(caught.value) == "base: 'libqp5' is in none of the suites"
    assert "names of Debian's binary packages" in str(caught.value.hint)


def test_unknown_references(lock: Lock) -> None:
    with pytest.raises(UsageError) as caught:
        lock(reference="debian:woody")
    assert str(caught.value) == "base: unknown Debian suite 'debian:woody'"
    assert caught.value.hint == "use one of debian:trixie, debian:bookworm"
    with pytest.raises(UsageError, match="Debian has no architecture for 'linux/arm/v7'"):
        lock(platform=Platform("linux", "arm", "v7"))


def test_an_architecture_that_the_mirror_lacks(lock: Lock) -> None:
    with pytest.raises(SupplyChainError, match="trixie has no main/binary-arm64/"):
        lock(platform=Platform("linux", "arm64"))


class TestMirrors:
    def test_the_configured_mirror_is_the_only_one(
        self, lock: Lock, archive: DebianArchive, network: Network
    ) -> None:
        company = network.host("company.test", StaticSite(archive.site.files))
        lock(mirrors={"debian": "https://company.test/debian/"})
        assert company.files
        assert {request.host for request in network.requests} == {"company.test"}

    def test_a_configured_mirror_that_is_down(self, lock: Lock, network: Network) -> None:
        network.fail("/debian/dists/trixie/InRelease", Status(code=404))
        with pytest.raises(TransportError) as caught:
            lock(mirrors={"debian": MIRROR})
        assert caught.value.status == 404

    def test_other_distributions_in_apt_are_passed_over(
        self, lock: Lock, network: Network, apt: Path, archive: DebianArchive
    ) -> None:
        other = DebianArchive(network.host("ubuntu.test", StaticSite()))
        other.add_suite("trixie", minimal_base(), fields={"Origin": "Ubuntu"})
        network.host("empty.test", StaticSite())
        sources = ["http://empty.test/debian", "http://ubuntu.test/debian", MIRROR]
        (apt / "sources.list").write_text("".join(f"deb {uri} trixie main\n" for uri in sources))
        assert len(lock().packages) == len(minimal_base())
        del archive

    def test_no_mirror_at_all(self, lock: Lock, apt: Path) -> None:
        (apt / "sources.list").write_text("")
        with pytest.raises(PreflightError) as caught:
            lock()
        assert str(caught.value) == "base: no mirror of Debian is known that has 'trixie'"
        assert caught.value.hint == "set LONGSHORE_DEBIAN_MIRROR to the address of one"

    def test_the_reason_why_each_of_apts_was_refused(
        self, lock: Lock, archive: DebianArchive
    ) -> None:
        archive.add_suite("trixie", [], key=new_key())
        with pytest.raises(PreflightError) as caught:
            lock()
        assert caught.value.context == (
            (
                f"{MIRROR}/dists/trixie/InRelease: not signed by Debian's archive: "
                "no valid signatures found"
            ),
        )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda archive: archive.add_suite("trixie", [], date=OLD), "was valid until"),
            (
                lambda archive: archive.add_suite("trixie", [], fields={"Codename": "sid"}),
                "expected the suite 'trixie', got 'sid'",
            ),
            (lambda archive: archive.add_suite("trixie", [], key=new_key()), "not signed"),
        ],
    )
    def test_a_configured_mirror_with_a_wrong_release(
        self,
        lock: Lock,
        archive: DebianArchive,
        change: Callable[[DebianArchive], None],
        message: str,
    ) -> None:
        change(archive)
        with pytest.raises(SupplyChainError, match=message):
            lock(mirrors={"debian": MIRROR})

    def test_a_changed_index(self, lock: Lock, network: Network) -> None:
        network.fail("/by-hash/", Corrupt())
        with pytest.raises(SupplyChainError, match="trixie"):
            lock()

    def test_without_security_updates_it_warns(
        self, lock: Lock, archive: DebianArchive, reporter: RecordingReporter
    ) -> None:
        for path in list(archive.site.files):
            if path.startswith("/debian-security"):
                del archive.site.files[path]
        lock()
        warning = next(event for event in reporter.events if event.phase is Phase.WARNING)
        assert warning.subject == "trixie-security"
        assert "set LONGSHORE_DEBIAN_SECURITY_MIRROR to include security" in warning.detail

    def test_an_old_security_archive_is_said_to_be_old(
        self, lock: Lock, archive: DebianArchive, reporter: RecordingReporter
    ) -> None:
        archive.add_suite("trixie-security", [], root="/debian-security", date=OLD)
        lock()
        warning = next(event for event in reporter.events if event.phase is Phase.WARNING)
        assert "was valid until 2025-12-08" in warning.detail
        with pytest.raises(SupplyChainError, match="was valid until 2025-12-08"):
            lock(mirrors={"debian-security": "http://mirror.test/debian-security"})

    def test_without_the_updates_suite_it_warns(
        self, lock: Lock, archive: DebianArchive, reporter: RecordingReporter
    ) -> None:
        del archive.site.files["/debian/dists/trixie-updates/InRelease"]
        lock()
        warning = next(event for event in reporter.events if event.phase is Phase.WARNING)
        assert (warning.subject, warning.detail[:9]) == ("trixie-updates", "left out:")


def test_a_release_is_valid_for_its_time_only(
    lock: Lock, archive: DebianArchive, transport: Transport
) -> None:
    """The clock is the transport's, so a test can hold it."""
    archive.add_suite("trixie", [], date=transport.clock.now() - timedelta(days=7, seconds=1))
    with pytest.raises(SupplyChainError, match="was valid until"):
        lock(mirrors={"debian": MIRROR})
