"""Names of distributions (PyPA: names and normalization)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.types import parse_name

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True)


@given(names)
def test_a_normal_form_is_lower_case_with_single_hyphens(name: str) -> None:
    normal = parse_name(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", normal)
    assert parse_name(normal) == normal


@given(names)
def test_separators_and_case_do_not_matter(name: str) -> None:
    other = re.sub("[-_.]", "_.-", name).upper()
    assert parse_name(other) == parse_name(name)


@pytest.mark.parametrize("text", ["", "-a", "a-", ".", "a b", "ä", "a\n", "a/b", "İ"])
def test_anything_else_says_what_was_expected(text: str) -> None:
    with pytest.raises(
        ValueError, match=f"expected a distribution name, got {re.escape(repr(text))}"
    ):
        parse_name(text)
