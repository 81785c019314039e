"""Suggestions."""

import pytest

from longshore.config.suggestion import suggest


@pytest.mark.parametrize(
    ("word", "hint"),
    [("buidl", "did you mean 'build'?"), ("BASE", "did you mean 'base'?"), ("zzz", None)],
)
def test_the_closest_known_word_is_suggested(word: str, hint: str | None) -> None:
    assert suggest(word, ["build", "base", "down"]) == hint
