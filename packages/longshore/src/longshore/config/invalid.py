"""Small typed readers for values that a user wrote; a problem's path grows on the way out.

A parser takes a value as the TOML reader returned it and gives back the value that we use, or
raises ``InvalidValueError`` with one or more problems. Containers put their own key or index in
front of the problems of what they hold, and carry on, so that one run finds everything that is
wrong.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from longshore.config.suggestion import suggest

T = TypeVar("T")
Parser = Callable[[object], T]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong; ``path`` is below the value that was parsed."""

    message: str
    hint: str | None = None
    path: str = ""
    rule: str = "config.invalid-value"

    def below(self, segment: str) -> "Problem":
        """Return the problem as its container sees it; an index is ``[1]``, a key a word."""
        separator = "." if self.path and not self.path.startswith("[") else ""
        return replace(self, path=f"{segment}{separator}{self.path}")


class InvalidValueError(ValueError):
    """A value that can't be used, with all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def invalid(message: str, *, hint: str | None = None) -> InvalidValueError:
    """Return the error for one wrong value."""
    return InvalidValueError(Problem(message=message, hint=hint))


def key_segment(key: str) -> str:
    """Return a key as it stands in a path: quoted unless it is a bare key (TOML 1.0, §keys)."""
    return key if _BARE_KEY.fullmatch(key) else repr(key)


def text(value: object) -> str:
    """Accept a string that is not empty."""
    if not isinstance(value, str):
        msg = f"expected a string, got {show(value)}"
        raise invalid(msg)
    if not value.strip():
        msg = f"expected a string that is not empty, got {value!r}"
        raise invalid(msg)
    return value


def boolean(value: object) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        msg = f"expected true or false, got {show(value)}"
        raise invalid(msg)
    return value


def integer(minimum: int, maximum: int) -> Parser[int]:
    """Accept a whole number within bounds."""

    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            msg = f"expected an integer between {minimum} and {maximum}, got {show(value)}"
            quoted = isinstance(value, str) and value.isascii() and value.isdecimal()
            raise invalid(msg, hint=f"write {value} without quotes" if quoted else None)
        return value

    return parse


def choice(*words: str) -> Parser[str]:
    """Accept one of some words."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            known = ", ".join(repr(str(word)) for word in words)
            one_of = "one of " if len(words) > 1 else ""
            msg = f"expected {one_of}{known}, got {show(value)}"
            raise invalid(msg, hint=suggest(value, words) if isinstance(value, str) else None)
        return value

    return parse


def list_of(item: Parser[T]) -> Parser[tuple[T, ...]]:
    """Accept an array, each of whose items the parser accepts."""

    def parse(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            msg = f"expected an array, got {show(value)}"
            hint = f'write ["{value}"]' if isinstance(value, str) else None
            raise invalid(msg, hint=hint)
        found: list[T] = []
        problems: list[Problem] = []
        for index, element in enumerate(value):
            try:
                found.append(item(element))
            except InvalidValueError as error:
                problems += (problem.below(f"[{index}]") for problem in error.problems)
        if problems:
            raise InvalidValueError(*problems)
        return tuple(found)

    return parse


def mapping_of(key: Parser[str], item: Callable[[str, object], T]) -> Parser[Mapping[str, T]]:
    """Accept a table with free keys; the item's parser is given the key, too."""

    def parse(value: object) -> Mapping[str, T]:
        found: dict[str, T] = {}
        problems: list[Problem] = []
        for name, element in _table(value).items():
            try:
                found[key(name)] = item(name, element)
            except InvalidValueError as error:
                problems += (problem.below(key_segment(name)) for problem in error.problems)
        if problems:
            raise InvalidValueError(*problems)
        return MappingProxyType(found)

    return parse


class Table:
    """A table with known keys: ask for each, then ``close``.

    Args:
        value: what the TOML reader returned.
        later: keys that a later version will know, for a better hint.
        elsewhere: what to do about keys that belong somewhere else.
        open_ended: whether keys that nobody asks for are fine.

    Raises:
        InvalidValueError: if the value is no table.
    """

    def __init__(
        self,
        value: object,
        *,
        later: Collection[str] = (),
        elsewhere: Mapping[str, str] = MappingProxyType({}),
        open_ended: bool = False,
    ) -> None:
        self._values = _table(value)
        self._open_ended = open_ended
        self._later = later
        self._elsewhere = elsewhere
        self._known: list[str] = []
        self._problems: list[Problem] = []

    def get(self, key: str, parser: Parser[T]) -> T | None:
        """Return the parsed value, or ``None`` where it is absent or wrong."""
        self._known.append(key)
        if key not in self._values:
            return None
        try:
            return parser(self._values[key])
        except InvalidValueError as error:
            self._problems += (problem.below(key) for problem in error.problems)
            return None

    def has(self, key: str) -> bool:
        """Tell whether the user wrote the key, rightly or wrongly."""
        return key in self._values

    def reject(self, message: str, *, key: str = "", hint: str | None = None) -> None:
        """Add a problem of the table, or of one of its keys."""
        self._problems.append(Problem(message=message, hint=hint, path=key))

    def close(self) -> None:
        """Check for keys that nobody asked for.

        Raises:
            InvalidValueError: with everything that was wrong in the table.
        """
        problems = (*self._problems, *self._unknown())
        if problems:
            raise InvalidValueError(*problems)

    def _unknown(self) -> Iterator[Problem]:
        for key in self._values:
            if self._open_ended or key in self._known:
                continue
            if key in self._elsewhere:
                hint = self._elsewhere[key]
            elif key in self._later:
                hint = "this version of longshore does not support it yet: remove it"
            else:
                hint = suggest(key, self._known) or f"known keys: {', '.join(sorted(self._known))}"
            yield Problem(
                message="unknown key", hint=hint, path=key_segment(key), rule="config.unknown-key"
            )


def show(value: object) -> str:
    """Return a value for a message: strings quoted, containers by their kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str | int | float):
        return repr(value)
    return f"a {type(value).__name__}"  # dates and times


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        msg = f"expected a table, got {show(value)}"
        raise invalid(msg)
    return value
