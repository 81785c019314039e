"""What can be wrong with a Debian mirror, as its user sees it: the exact text and the exit code."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pytest

from longshore.base.opening import lock_base
from longshore.build import pinning
from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.locks.pins import FILENAME, Pins, render_pins
from longshore.net import Timeouts, Transport
from longshore.oci.blobs import BlobStore
from longshore.testing import ManualClock, Network, Stall, StaticSite, Status
from longshore.testing.debian import DebianArchive, minimal_base
from longshore.testing.sample import Sample
from longshore.types import Digest, Platform

HOST = Platform.host()
MIRROR = "https://mirror.test/debian"
IN_RELEASE = f"{MIRROR}/dists/trixie/InRelease"
Outcome = tuple[int, list[str]]
Run = Callable[..., Outcome]

pytestmark = pytest.mark.skipif(
    HOST.architecture != "amd64", reason="the fixture's archive has packages for amd64 only"
)

OPEN = pinning.open_pinned_base
"""The real one, which the sample project replaces."""


@pytest.fixture
def archive(network: Network) -> DebianArchive:
    archive = DebianArchive(network.host("mirror.test", StaticSite()))
    archive.add_suite("trixie", minimal_base())
    archive.add_suite("trixie-updates", [])
    security = {"Label": "Debian-Security"}
    archive.add_suite("trixie-security", [], root="/debian-security", fields=security)
    return archive


@pytest.fixture
def run(
    sample: Sample,
    archive: DebianArchive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command quietly in the sample project, with a real base from the archive."""
    monkeypatch.chdir(sample.root)
    monkeypatch.delenv("CI", raising=False)
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LONGSHORE_DEBIAN_MIRROR", MIRROR)
    target = "longshore.base.debian.archive.archive_certificates"
    monkeypatch.setattr(target, lambda: archive.certificates)
    monkeypatch.setattr(pinning, "open_pinned_base", OPEN)

    def transport(context: Context) -> Transport:
        return sample.network.transport(
            environment=dict(context.environment),
            clock=ManualClock(),
            timeouts=Timeouts(connect=0.5, read=0.5),
            reporter=context.reporter,
        )

    quick = cached_property(transport)
    quick.__set_name__(Context, "transport")
    monkeypatch.setattr(Context, "transport", quick)
    (sample.root / FILENAME).unlink()

    def run(*argv: str) -> Outcome:
        code = main([*argv, "--quiet"])
        out, err = capsys.readouterr()
        assert code == 0 or out == ""
        return code, err.splitlines()

    return run


@pytest.fixture
def pinned(
    run: Run, sample: Sample, archive: DebianArchive, transport: Transport, tmp_path: Path
) -> Run:
    """Pin the base before anything goes wrong; return how to run a command."""
    base = lock_base(
        "debian:trixie",
        platform=HOST,
        transport=transport,
        store=BlobStore(tmp_path / "other"),
        mirrors={"debian": MIRROR},
        certificates=archive.certificates,
    )
    sample.write(FILENAME, render_pins(Pins(bases=(base,))))
    return run


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            Status(code=401),
            [
                f"error: {IN_RELEASE}: 401 unauthorized, and no credentials are known",
                (
                    "hint: put 'machine mirror.test login … password …' into ~/.netrc, "
                    "or the user name and password into the configured URL"
                ),
            ],
        ),
        (
            Status(code=404),
            [
                f"error: {IN_RELEASE}: not found",
                (
                    "hint: check that the address is right, "
                    "and that this server has what is asked for"
                ),
            ],
        ),
        (
            Status(code=500),
            [
                f"error: {IN_RELEASE}: the server answered 500 internal server error",
                "  gave up after 4 attempts",
                "hint: try again later",
            ],
        ),
        (
            Stall(),
            [
                f"error: {IN_RELEASE}: no data within 0.5 s",
                "  gave up after 4 attempts",
                "hint: try again, or check the network and the proxy settings",
            ],
        ),
    ],
    ids=["401", "404", "down", "slow"],
)
def test_a_mirror_that_does_not_serve(
    run: Run, sample: Sample, network: Network, fault: Status | Stall, text: list[str]
) -> None:
    network.fail("trixie/InRelease", fault)
    assert run("lock") == (5, text)
    assert not (sample.root / FILENAME).exists()


def test_a_mirror_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGSHORE_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert run("lock") == (
        5,
        [
            "error: http://127.0.0.1:9: connection refused",
            "  gave up after 4 attempts",
            "hint: check that the server runs and the address is right",
        ],
    )


def test_a_mirror_with_a_certificate_of_another(run: Run, network: Network) -> None:
    network.impersonate("mirror.test", "other.test")
    assert run("lock") == (
        5,
        [
            (
                "error: https://mirror.test: the certificate is not trusted: "
                "hostname mismatch, certificate is not valid for 'mirror.test'"
            ),
            (
                "hint: if your organisation has its own certificate authority, "
                "set SSL_CERT_FILE to its bundle"
            ),
        ],
    )


def test_a_tampered_release(run: Run, archive: DebianArchive, sample: Sample) -> None:
    path = "/debian/dists/trixie/InRelease"
    archive.site.files[path] = archive.site.files[path].replace(b"main/binary", b"evil/binary")
    assert run("lock") == (
        6,
        [
            f"error: {IN_RELEASE}: not signed by Debian's archive: no valid signatures found",
            "hint: the mirror is broken or hostile: use another one",
        ],
    )
    assert not (sample.root / FILENAME).exists()


def tamper(archive: DebianArchive, part: str) -> tuple[str, Digest, Digest]:
    """Change the last byte of a file; return its address, and its digest before and after."""
    (path,) = (path for path in archive.site.files if part in path)
    data = archive.site.files[path]
    changed = data[:-1] + bytes([data[-1] ^ 1])
    archive.site.files[path] = changed
    return f"https://mirror.test{path}", Digest.of(data), Digest.of(changed)


def test_a_tampered_index(run: Run, archive: DebianArchive, sample: Sample) -> None:
    release = archive.site.files["/debian/dists/trixie/InRelease"].decode()
    digest = next(line.split()[0] for line in release.splitlines() if "Packages.xz" in line)
    url, before, after = tamper(archive, f"/dists/trixie/main/binary-amd64/by-hash/SHA256/{digest}")
    assert run("lock") == (
        6,
        [
            f"error: trixie: {url}: expected {before}, got {after}",
            "hint: the mirror is broken or hostile: use another one",
        ],
    )
    assert not (sample.root / FILENAME).exists()


def test_a_tampered_package(pinned: Run, archive: DebianArchive, sample: Sample) -> None:
    url, before, after = tamper(archive, "/tzdata_")
    assert pinned("build", "--locked") == (
        6,
        [
            f"error: tzdata 1.0-1: {url}: expected {before}, got {after}",
            (
                "hint: the file is not the one that was locked: find out why it changed, "
                "and lock again only if you trust it"
            ),
        ],
    )
    assert sample.workshop().layout.names() == {}


def test_a_package_that_the_mirror_has_no_more(pinned: Run, archive: DebianArchive) -> None:
    path = f"/debian/{minimal_base()[-1].path}"
    del archive.site.files[path]
    assert pinned("build", "--locked") == (
        3,
        [
            "error: base: tzdata 1.0-1 is pinned, but the mirror has it no more",
            f"  https://mirror.test{path}: not found",
            "hint: run `longshore lock --upgrade base`",
        ],
    )
