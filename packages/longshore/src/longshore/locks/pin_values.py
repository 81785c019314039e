"""Read ``longshore.lock``'s values one by one; whatever is wrong is noted, and reading goes on."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from longshore.types import Digest, NormalizedName, Platform, parse_name

_POOL = re.compile(r"pool/(?:[A-Za-z0-9][A-Za-z0-9+.~_-]*/)+[A-Za-z0-9][A-Za-z0-9+.~_%:-]*\.deb")
T = TypeVar("T")


class PinTable:
    """A TOML table at a path; wrong values become problems, and the reading goes on."""

    def __init__(self, values: object, path: str, problems: list[str]) -> None:
        self._path = path
        self._problems = problems
        self._values: dict[str, Any] = {}
        if isinstance(values, Mapping):
            self._values = dict(values)
        else:
            problems.append(f"{path}: expected a table, got {values!r}")

    def get(self, key: str, parse: Callable[[Any], T]) -> T | None:
        """Return a required value; a missing or wrong one is a problem and ``None``."""
        path = f"{self._path}.{key}".lstrip(".")
        if key not in self._values:
            self._problems.append(f"{path}: missing")
            return None
        try:
            return parse(self._values.pop(key))
        except ValueError as error:
            self._problems.append(f"{path}: {error}")
            return None

    def tables(self, key: str) -> Iterator["PinTable"]:
        """Yield an array's tables; an absent array is an empty one."""
        path = f"{self._path}.{key}".lstrip(".")
        values = self._values.pop(key, [])
        if not isinstance(values, list):
            self._problems.append(f"{path}: expected an array of tables, got {values!r}")
            return
        for index, value in enumerate(values):
            table = PinTable(value, f"{path}[{index}]", self._problems)
            yield table
            table.finish()

    def finish(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._values:
            self._problems.append(f"{self._path}.{key}: unknown key".lstrip("."))
        self._values = {}


def text(value: object) -> str:
    """Accept a string that is not empty."""
    if not isinstance(value, str) or not value:
        msg = f"expected a string, got {value!r}"
        raise ValueError(msg)
    return value


def positive(value: object) -> int:
    """Accept a whole number above zero."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        msg = f"expected a positive number, got {value!r}"
        raise ValueError(msg)
    return value


def texts(value: object) -> tuple[str, ...]:
    """Accept an array of strings; sorted, each once."""
    if not isinstance(value, list):
        msg = f"expected an array of strings, got {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - every wrong value of a file is a ValueError
    return tuple(sorted({text(item) for item in value}))


def sha256(value: object) -> Digest:
    """Accept the hexadecimal digits of a SHA-256."""
    return Digest("sha256", text(value))


def sha256s(value: object) -> tuple[Digest, ...]:
    """Accept an array of them."""
    return tuple(sha256(item) for item in texts(value))


def pool_path(value: object) -> str:
    """Accept the path of a ``.deb`` below the root of an archive."""
    path = text(value)
    if not _POOL.fullmatch(path):
        msg = f"expected a path such as 'pool/main/…/name_1.0_amd64.deb', got {path!r}"
        raise ValueError(msg)
    return path


def date(value: object) -> datetime:
    """Accept a time with an offset; in UTC, whole seconds."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        msg = f"expected a date and time with an offset, got {value!r}"
        raise ValueError(msg)
    return value.astimezone(UTC).replace(microsecond=0)


def platform(value: object) -> Platform:
    """Accept a platform: ``linux/amd64``."""
    return Platform.parse(text(value))


def name(value: object) -> NormalizedName:
    """Accept the name of a distribution."""
    return parse_name(text(value))


def digest(value: object) -> Digest:
    """Accept a digest with its algorithm: ``sha256:…``."""
    return Digest.parse(text(value))


def flag(value: object) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        msg = f"expected true or false, got {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - as above
    return value
