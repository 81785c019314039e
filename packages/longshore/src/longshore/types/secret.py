"""Values that never appear in output."""

from typing import Self


class Secret:
    """A string that prints as ``***``; ask for it with ``reveal()`` where it is used.

    It has no equality with plain strings, is not iterable, and can't be pickled, so it does not
    leak through a comparison message, a log record or a cache.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; call this at the last moment, never to format a message."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        msg = "a secret can't be pickled"
        raise TypeError(msg)
