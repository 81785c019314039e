"""Suggestions for words that are nearly right."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the closest of the known words, or ``None``."""
    matches = get_close_matches(word.lower(), [str(each) for each in known], n=1)
    return f"did you mean {matches[0]!r}?" if matches else None
