"""Digests (OCI image specification 1.1, descriptor.md §digests)."""

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import Digest

LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
digests = st.sampled_from(sorted(LENGTHS)).flatmap(
    lambda algorithm: st.text("0123456789abcdef", min_size=LENGTHS[algorithm]).map(
        lambda text: Digest(algorithm, text[: LENGTHS[algorithm]])
    )
)


@given(digests)
def test_parsing_what_was_printed_gives_the_same_digest(digest: Digest) -> None:
    assert Digest.parse(str(digest)) == digest


@given(st.text())
def test_parsing_either_round_trips_or_raises_value_error(text: str) -> None:
    with suppress(ValueError):
        assert str(Digest.parse(text)) == text


@given(st.lists(st.binary()))
def test_a_stream_has_the_digest_of_its_concatenation(chunks: list[bytes]) -> None:
    assert Digest.of_chunks(chunks) == Digest.of(b"".join(chunks))


def test_of_is_sha256() -> None:
    assert Digest.of(b"abc") == Digest("sha256", hashlib.sha256(b"abc").hexdigest())
    assert Digest.of(b"abc").short == "ba7816bf8f01"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "expected 'sha256:…', got 'abc'"),
        (
            "md5:" + "0" * 32,
            "unsupported digest algorithm 'md5'; expected one of sha256, sha384, sha512",
        ),
        ("sha256:00", "expected 64 lower-case hexadecimal digits, got '00'"),
        ("sha256:" + "A" * 64, f"expected 64 lower-case hexadecimal digits, got '{'A' * 64}'"),
        (
            "sha256:" + "0" * 63 + "\n",
            f"expected 64 lower-case hexadecimal digits, got '{'0' * 63}\\n'",
        ),
    ],
)
def test_anything_else_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared below
        Digest.parse(text)
    assert str(raised.value) == message
