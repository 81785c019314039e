"""Read TOML tables with a path in every complaint, and all complaints at once."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from longshore.errors import LockError

T = TypeVar("T")

_WORDS = {str: "a string", int: "an integer", list: "an array", dict: "a table", bool: "a boolean"}


class Table:
    """A table, where it is in its file, and the file's list of problems.

    A getter that finds something wrong notes it and returns an empty value, so that reading goes
    on; whoever reads a file calls ``raise_problems`` at its end.
    """

    def __init__(self, data: Mapping[str, Any], path: str, problems: list[str]) -> None:
        self.data = data
        self.path = path
        self.problems = problems

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def complain(self, key: str, message: str) -> None:
        """Note that something is wrong with a key."""
        place = f"{self.path}.{key}" if self.path and key else self.path or key
        self.problems.append(f"{place}: {message}")

    def optional_text(self, key: str) -> str | None:
        """Return a string, or ``None``."""
        return self._typed(key, str)

    def optional_integer(self, key: str) -> int | None:
        """Return an integer, or ``None``."""
        return self._typed(key, int)

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return what ``parse`` makes of a string, or ``None``; its ``ValueError`` is noted."""
        value = self._typed(key, str)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.complain(key, str(error).splitlines()[0])
            return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings; an absent one is empty."""
        values = self._typed(key, list) or []
        return tuple(
            value for index, value in enumerate(values) if self._is(value, str, f"{key}[{index}]")
        )

    def parsed_texts(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return what ``parse`` makes of an array of strings; each ``ValueError`` is noted."""
        found: list[T] = []
        for index, value in enumerate(self.texts(key)):
            try:
                found.append(parse(value))
            except ValueError as error:
                self.complain(f"{key}[{index}]", str(error).splitlines()[0])
        return tuple(found)

    def table(self, key: str) -> "Table":
        """Return a table; an absent one is empty."""
        return self._below(self._typed(key, dict) or {}, key)

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return an array of tables; an absent one is empty."""
        values = self._typed(key, list) or []
        return tuple(
            self._below(value, f"{key}[{index}]")
            for index, value in enumerate(values)
            if self._is(value, dict, f"{key}[{index}]")
        )

    def _below(self, data: Mapping[str, Any], key: str) -> "Table":
        return Table(data, f"{self.path}.{key}" if self.path else key, self.problems)

    def _typed(self, key: str, expected: type[T]) -> T | None:
        value = self.data.get(key)
        if value is None or not self._is(value, expected, key):
            return None
        return value  # type: ignore[no-any-return] # `_is` has looked

    def _is(self, value: object, expected: type, key: str) -> bool:
        if isinstance(value, expected) and not (expected is int and isinstance(value, bool)):
            return True
        self.complain(key, f"expected {_WORDS[expected]}, got {value!r}")
        return False


def raise_problems(path: Path, problems: list[str], *, hint: str) -> None:
    """Raise one error with everything that is wrong in a file, or return.

    Args:
        path: of the file.
        problems: whole lines, each with its place in front.
        hint: what to do about them.

    Raises:
        LockError: with the only problem as its message, or a count and all of them as its context.
    """
    if len(problems) == 1:
        raise LockError(problems[0], hint=hint)
    if problems:
        msg = f"{path}: {len(problems)} problems"
        raise LockError(msg, context=problems, hint=hint)


def load_toml(path: Path, *, hint: str) -> dict[str, Any]:
    """Return the content of a lock.

    Raises:
        LockError: if it can't be read, or is no TOML; then with the hint.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        msg = f"{path}: invalid TOML: {reason}"
        raise LockError(msg, hint=hint) from error
    except OSError as error:
        msg = f"{path}: can't read: {(error.strerror or str(error)).lower()}"
        raise LockError(msg, hint="check the file's permissions") from error
