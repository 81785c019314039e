"""Only what Debian's archive signed counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pysequoia
import pytest

from longshore.base.debian.keyring import archive_certificates
from longshore.base.debian.release import Release, read_release
from longshore.errors import ExitCode, SupplyChainError
from longshore.types import Digest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = pysequoia.Tsk.generate(user_ids=["Archive <archive@mirror.test>"])
HASH = Digest.of(b"index").hex
TEXT = f"""\
Origin: Debian
Label: Debian
Codename: trixie
Date: Thu, 01 Jan 2026 10:00:00 UTC
Valid-Until: Thu, 08 Jan 2026 10:00:00 UTC
Acquire-By-Hash: yes
MD5Sum:
 00000000000000000000000000000000 1 main/binary-amd64/Packages.xz
SHA256:
 {HASH} 42 main/binary-amd64/Packages.xz
"""


def sign(text: str, key: Any = KEY) -> bytes:
    return pysequoia.sign(key.signer(), text.encode(), mode=pysequoia.SignatureMode.CLEAR)


def read(data: bytes, *, codename: str = "trixie", now: datetime = NOW) -> Release:
    certificates = [KEY.extract_certificate()]
    return read_release(
        data, certificates=certificates, codename=codename, now=now, where="http://m.test/InRelease"
    )


def test_a_signed_release_is_read() -> None:
    release = read(sign(TEXT))
    assert (release.origin, release.codename, release.by_hash) == ("Debian", "trixie", True)
    assert release.date == datetime(2026, 1, 1, 10, tzinfo=UTC)
    index = release.indexes["main/binary-amd64/Packages.xz"]
    assert (index.sha256.hex, index.size) == (HASH, 42)


def test_only_the_signed_text_counts() -> None:
    signed = sign(TEXT)
    evil = b"Codename: evil\n\n"
    assert read(evil + signed + evil) == read(signed)


def test_a_changed_text_is_refused() -> None:
    with pytest.raises(SupplyChainError) as caught:
        read(sign(TEXT).replace(b" 42 main", b" 43 main"))
    assert str(caught.value) == (
        "http://m.test/InRelease: not signed by Debian's archive: no valid signatures found"
    )
    assert caught.value.hint == "the mirror is broken or hostile: use another one"
    assert caught.value.exit_code is ExitCode.SUPPLY_CHAIN


def test_another_key_is_refused() -> None:
    stranger = pysequoia.Tsk.generate(user_ids=["Archive <archive@mirror.test>"])
    with pytest.raises(SupplyChainError, match="not signed by Debian's archive"):
        read(sign(TEXT, stranger))


@pytest.mark.parametrize("data", [b"", b"<html>captive portal</html>", TEXT.encode()])
def test_what_is_not_signed_is_refused(data: bytes) -> None:
    with pytest.raises(SupplyChainError, match="not signed by Debian's archive"):
        read(data)


def test_an_old_release_is_refused() -> None:
    until = datetime(2026, 1, 8, 10, tzinfo=UTC)
    read(sign(TEXT), now=until)
    with pytest.raises(SupplyChainError) as caught:
        read(sign(TEXT), now=until + timedelta(seconds=1))
    assert str(caught.value) == "http://m.test/InRelease: was valid until 2026-01-08 10:00 UTC"
    assert "clock" in str(caught.value.hint)


def test_a_release_without_an_end_is_valid() -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if "Valid" not in line)
    read(sign(text), now=datetime(2040, 1, 1, tzinfo=UTC))


def test_another_distribution_is_refused() -> None:
    with pytest.raises(SupplyChainError, match="expected the origin 'Debian', got 'Ubuntu'"):
        read(sign(TEXT.replace("Origin: Debian", "Origin: Ubuntu")))


def test_another_suite_is_refused() -> None:
    with pytest.raises(SupplyChainError, match="expected the suite 'bookworm', got 'trixie'"):
        read(sign(TEXT), codename="bookworm")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Date: Thu, 01 Jan 2026 10:00:00 UTC", "Date: someday", "Date: expected a date"),
        (f"{HASH} 42", "12ab 42", "SHA256: '12ab 42 main/binary-amd64/Packages.xz': expected 64"),
        (f"{HASH} 42", f"{HASH} x", "SHA256: .*: invalid literal"),
        ("Label: Debian", "no field", "not a release file: expected 'Field: value'"),
    ],
)
def test_a_malformed_release(old: str, new: str, message: str) -> None:
    with pytest.raises(SupplyChainError, match=message):
        read(sign(TEXT.replace(old, new)))


def test_the_keyring_that_is_shipped() -> None:
    names = [str(user) for each in archive_certificates() for user in each.user_ids]
    for release in ("12/bookworm", "13/trixie"):
        assert len([name for name in names if release in name]) == 3
