"""Versions of Debian packages and their order (Debian policy §5.6.12)."""

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Self

_EPOCH = re.compile(r"[0-9]+")
_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+")
_REVISION = re.compile(r"[A-Za-z0-9.+~]+")
_PIECES = re.compile(r"([^0-9]*)([0-9]*)")
_END = ((0,), 0)

_Key = tuple[tuple[tuple[int, ...], int], ...]


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class DebianVersion:
    """``[epoch:]upstream[-revision]``, ordered as dpkg orders it.

    Two texts may be equal: ``1.0``, ``1.00`` and ``0:1.0-0``.
    """

    text: str
    _key: tuple[int, _Key, _Key] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a version.

        Raises:
            ValueError: if it is none.
        """
        epoch, colon, rest = text.partition(":")
        if not colon:
            epoch, rest = "0", text
        upstream, hyphen, revision = rest.rpartition("-")
        if not hyphen:
            upstream, revision = rest, "0"
        fits = _EPOCH.fullmatch(epoch) and _UPSTREAM.fullmatch(upstream)
        if not fits or not _REVISION.fullmatch(revision):
            msg = f"expected a Debian version such as '1:2.3-4', got {text!r}"
            raise ValueError(msg)
        return cls(text, (int(epoch), _key(upstream), _key(revision)))

    @property
    def upstream(self) -> str:
        """The part without epoch and revision."""
        rest = self.text.partition(":")[2] or self.text
        return rest.rpartition("-")[0] or rest

    def satisfies(self, operator: str, other: "DebianVersion") -> bool:
        """Tell whether a relation such as ``>= 2.0`` holds (policy §7.1)."""
        match operator:
            case "<<":
                return self < other
            case "<=":
                return self <= other
            case "=":
                return self == other
            case ">=":
                return self >= other
            case ">>":
                return self > other
            case _:
                msg = f"expected one of '<<', '<=', '=', '>=', '>>', got {operator!r}"
                raise ValueError(msg)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianVersion) and self._key == other._key

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, DebianVersion):
            return NotImplemented
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __str__(self) -> str:
        return self.text


def _key(part: str) -> _Key:
    """Return what sorts like the part: pieces without digits and numbers, in turn.

    The end sorts after ``~`` and before everything else, in a piece and in the whole.
    """
    pieces = []
    for match in _PIECES.finditer(part):
        if match.group():
            order = (*map(_order, match[1]), 0)
            pieces.append((order, int(match[2] or "0")))
    return (*pieces, _END)


def _order(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
