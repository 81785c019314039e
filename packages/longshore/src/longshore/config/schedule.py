"""Schedules: the five fields of crontab(5)."""

import re

from longshore.config.invalid import invalid, text

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("a minute", 0, 59, ()),
    ("an hour", 0, 23, ()),
    ("a day of the month", 1, 31, ()),
    ("a month", 1, 12, _MONTHS),
    ("a day of the week", 0, 7, _DAYS),
)
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_PART = re.compile(
    r"(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([1-9][0-9]?))?", re.IGNORECASE | re.ASCII
)


def schedule(value: object) -> str:
    """Accept five fields and return them one blank apart."""
    written = text(value)
    fields = written.split()
    if len(fields) != len(_FIELDS):
        msg = f"expected the five fields of crontab(5) such as '0 3 * * *', got {written!r}"
        nickname = _NICKNAMES.get(written.strip().lower())
        raise invalid(msg, hint=f"write {nickname!r}" if nickname else None)
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, low, high, words) for part in field.split(",")):
            msg = f"expected {name} between {low} and {high}, got {field!r}"
            raise invalid(msg)
    return " ".join(fields)


def _is_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    bounds = [_number(bound, low, words) for bound in match.groups()[:2] if bound is not None]
    numbers = [bound for bound in bounds if bound is not None and low <= bound <= high]
    return len(numbers) == len(bounds) and numbers == sorted(numbers)


def _number(bound: str, low: int, words: tuple[str, ...]) -> int | None:
    if bound.isdecimal():
        return int(bound)
    word = bound.lower()
    return words.index(word) + low if word in words else None
