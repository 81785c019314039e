"""What can go wrong in a build, as its user sees it: the exact text and the exit code."""

import errno
import json
import os
from functools import cached_property

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.locks.pins import FILENAME
from longshore.net import Timeouts, Transport
from longshore.testing import Corrupt, ManualClock, Network, Stall, Status
from longshore.testing.sample import Sample

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def command_line(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in the sample project, and wait between the tries of a request by hand."""
    monkeypatch.chdir(sample.root)
    monkeypatch.delenv("CI", raising=False)
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)

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


def build(capsys: Capture, *arguments: str) -> tuple[int, list[str]]:
    """Build quietly; return the exit code and what was said."""
    code = main(["build", "--quiet", *arguments])
    out, err = capsys.readouterr()
    assert (code == 0) == out.startswith("demo@sha256:"), out
    return code, err.splitlines()


NO_LOCK = "no lock: expected uv.lock, pylock.toml, or requirements.txt with hashes"


def test_no_lock(sample: Sample, capsys: Capture) -> None:
    (sample.root / "requirements.txt").unlink()
    assert build(capsys, "--locked") == (
        3,
        [
            f"error: {sample.root}: {NO_LOCK}",
            "hint: run `longshore lock` and commit the file that it writes",
        ],
    )


def test_a_lock_without_hashes(sample: Sample, capsys: Capture) -> None:
    sample.write("requirements.txt", "helper==2.0\nother>=1\n")
    code, err = build(capsys, "--locked")
    assert code == 3
    assert err == [
        f"error: {sample.root}: {NO_LOCK}",
        "  requirements.txt: has no hashes, so it is no lock",
        "hint: run `longshore lock` and commit the file that it writes",
    ]


LOGIN = (
    "hint: put 'machine index.test login … password …' into ~/.netrc, "
    "or the user name and password into the configured URL"
)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (
            Status(code=401),
            5,
            [
                (
                    "error: https://index.test/simple/helper/: 401 unauthorized, "
                    "and no credentials are known"
                ),
                LOGIN,
            ],
        ),
        (
            Status(code=403),
            5,
            [
                (
                    "error: https://index.test/simple/helper/: 403 forbidden, "
                    "and no credentials are known"
                ),
                LOGIN,
            ],
        ),
        (
            Status(code=404),
            4,
            [
                "error: helper 2.0: https://index.test/simple has no file with a locked hash",
                (
                    "hint: lock again if the release was replaced, "
                    "or name the index that has it in LONGSHORE_INDEX_URL"
                ),
            ],
        ),
        (
            Status(code=500),
            5,
            [
                (
                    "error: https://index.test/simple/helper/: "
                    "the server answered 500 internal server error"
                ),
                "  gave up after 4 attempts",
                "hint: try again later",
            ],
        ),
        (
            Stall(),
            5,
            [
                "error: https://index.test/simple/helper/: no data within 0.5 s",
                "  gave up after 4 attempts",
                "hint: try again, or check the network and the proxy settings",
            ],
        ),
    ],
    ids=["401", "403", "404", "down", "slow"],
)
def test_an_index_that_does_not_serve(
    network: Network, capsys: Capture, fault: Status | Stall, code: int, text: list[str]
) -> None:
    network.fail("/simple/helper", fault)
    assert build(capsys) == (code, text)


def test_an_index_that_is_not_there(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGSHORE_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert build(capsys) == (
        5,
        [
            "error: http://127.0.0.1:9: connection refused",
            "  gave up after 4 attempts",
            "hint: check that the server runs and the address is right",
        ],
    )


def test_an_index_with_a_certificate_of_another(network: Network, capsys: Capture) -> None:
    network.impersonate("index.test", "other.test")
    assert build(capsys) == (
        5,
        [
            (
                "error: https://index.test: the certificate is not trusted: "
                "hostname mismatch, certificate is not valid for 'index.test'"
            ),
            (
                "hint: if your organisation has its own certificate authority, "
                "set SSL_CERT_FILE to its bundle"
            ),
        ],
    )


def test_a_wheel_that_is_not_the_locked_one(
    sample: Sample, network: Network, capsys: Capture
) -> None:
    network.fail("/files/helper", Corrupt())
    locked = (sample.root / "requirements.txt").read_text().strip().rpartition("--hash=")[2]
    code, err = build(capsys)
    start, got, digest = err[0].partition(", got sha256:")
    assert (code, start, err[1:]) == (
        4,
        (
            "error: helper 2.0: https://index.test/files/helper-2.0-py3-none-any.whl: "
            f"expected {locked}"
        ),
        [
            (
                "hint: the file is not the one that was locked: find out why it changed, "
                "and lock again only if you trust it"
            ),
        ],
    )
    assert got
    assert len(digest) == len("0" * 64)


def test_a_damaged_cache_heals_and_says_so(
    sample: Sample, capsys: Capture, network: Network
) -> None:
    assert build(capsys) == (0, [])
    for blob in (sample.workshop().blobs.root / "sha256").iterdir():
        blob.write_bytes(b"damaged")
    sample.write("demo.py", "app = 2\n")
    before = len(network.requests)
    assert build(capsys) == (
        0,
        [
            "warning: helper 2.0: the cached copy was damaged; fetching it again",
            "warning: uvicorn 0.1: the cached copy was damaged; fetching it again",
        ],
    )
    assert len(network.requests) > before


def test_a_full_disk(sample: Sample, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("longshore.oci.blobs.os.fsync", full)
    code, err = build(capsys)
    monkeypatch.undo()
    assert (code, err) == (
        7,
        [
            f"error: {sample.workshop().blobs.root}: no space left on the device",
            (
                "hint: free some space, "
                "or point LONGSHORE_CACHE_DIR or LONGSHORE_DATA_DIR at a larger disk"
            ),
        ],
    )
    assert sample.workshop().layout.names() == {}


def test_a_lock_file_that_was_edited(sample: Sample, capsys: Capture) -> None:
    sample.write(FILENAME, "format = 1\n[[base]]\nreference = 3\n")
    code, err = build(capsys)
    assert code == 3
    assert err[0] == "error: longshore.lock: base[0].reference: expected a string, got 3"
    assert err[-1] == "hint: run `longshore lock` to write it again"


def test_a_missing_lock_where_none_may_be_written(sample: Sample, capsys: Capture) -> None:
    (sample.root / FILENAME).unlink()
    code, err = build(capsys, "--locked")
    assert code == 3
    assert err[0] == "error: longshore.lock: there is none"
    assert err[-1] == "hint: run `longshore lock` and commit the file"


def test_lock_check_is_a_negative_answer(sample: Sample, capsys: Capture) -> None:
    assert main(["lock", "--check"]) == 0
    assert capsys.readouterr() == ("", "the locks are complete\n")
    (sample.root / FILENAME).unlink()
    assert main(["lock", "--check"]) == 1
    assert capsys.readouterr().out.startswith("base debian:trixie on linux/")


def test_lock_check_as_json_has_what_is_missing(sample: Sample, capsys: Capture) -> None:
    assert main(["lock", "--check", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"missing": []}
    (sample.root / FILENAME).unlink()
    assert main(["lock", "--check", "--format", "json"]) == 1
    (line,) = json.loads(capsys.readouterr().out)["missing"]
    assert line.startswith("base debian:trixie on linux/")


def test_a_tag_that_is_none(capsys: Capture) -> None:
    code, err = build(capsys, "--tag", "Demo")
    assert code == 2
    assert err[0].startswith("error: --tag 'Demo': expected a repository of lower-case components")
