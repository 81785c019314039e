"""Debian versions sort as dpkg sorts them (Debian policy §5.6.12)."""

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.base.debian.version import DebianVersion

parse = DebianVersion.parse

numbers = st.integers(0, 3).map(str)
pieces = st.sampled_from(["", "~", "~~", "+", "a", "b", ".", "rc", "0", "1", "10", "09"])
upstreams = st.lists(pieces, max_size=4).map(lambda parts: "1" + "".join(parts))
texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "0:", "1:"]),
    upstreams,
    st.sampled_from(["", "-0", "-1", "-1~deb13u1", "-1+b1", "-~"]),
)


def test_the_example_of_the_policy() -> None:
    """A tilde sorts before anything, even the end of a part."""
    ordered = ["~~", "~~a", "~", "", "a"]
    versions = [parse(f"1{text}") for text in ordered]
    assert versions == sorted(versions, reverse=False)
    assert all(one < two for one, two in pairwise(versions))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0~rc1-1", "1.0-1"),
        ("9.9-9", "1:0.1-1"),
        ("1.9", "1.10"),
        ("2.41-12", "2.41-12+deb13u4"),
        ("1.0-1~deb12u1", "1.0-1"),
        ("1.0a", "1.0+"),
        ("3.5.7-1~deb13u2", "3.5.7-1~deb13u3"),
    ],
)
def test_one_is_older(older: str, newer: str) -> None:
    assert parse(older) < parse(newer)
    assert parse(newer) > parse(older)


@pytest.mark.parametrize(("one", "two"), [("1.0", "1.00"), ("1.0", "0:1.0-0"), ("1.0", "1.0-0")])
def test_two_texts_of_one_version(one: str, two: str) -> None:
    assert parse(one) == parse(two)
    assert hash(parse(one)) == hash(parse(two))


@pytest.mark.parametrize("text", ["", "1:", "-1", "1_0", "a:1", "1.0-", "1 0", ":1"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="expected a Debian version"):
        parse(text)


@given(st.lists(texts, min_size=3, max_size=3))
def test_the_order_is_total(three: list[str]) -> None:
    a, b, c = sorted(map(parse, three))
    assert a <= b <= c
    assert a <= c
    assert (a < b) + (a == b) + (a > b) == 1


@given(texts, texts)
def test_operators_agree_with_the_order(one: str, two: str) -> None:
    a, b = parse(one), parse(two)
    assert a.satisfies(">=", b) is (a >= b)
    assert a.satisfies(">>", b) is (a > b)
    assert a.satisfies("=", b) is (a == b)
    assert a.satisfies("<=", b) is (a <= b)
    assert a.satisfies("<<", b) is (a < b)


def test_an_unknown_operator() -> None:
    with pytest.raises(ValueError, match="expected one of '<<'"):
        parse("1").satisfies(">", parse("2"))


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_dpkg_agrees(one: str, two: str) -> None:
    a, b = parse(one), parse(two)
    word = "lt" if a < b else "eq" if a == b else "gt"
    assert (
        subprocess.run(["dpkg", "--compare-versions", one, word, two], check=False).returncode == 0
    )


@pytest.mark.parametrize(
    ("text", "upstream"), [("2.41-12", "2.41"), ("1:1.3.dfsg-1+b1", "1.3.dfsg"), ("6.5", "6.5")]
)
def test_the_upstream_part(text: str, upstream: str) -> None:
    assert parse(text).upstream == upstream
