"""Relations between packages: ``libc6 (>= 2.38), media-types | mime-support`` (policy §7.1)."""

import re
from dataclasses import dataclass
from typing import Self

from longshore.base.debian.version import DebianVersion

_RELATION = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>)\s*(?P<version>[^\s)]+)\s*\))?"
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A package name and, where given, what its version has to be."""

    name: str
    operator: str = ""
    version: DebianVersion | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse one relation; a qualifier such as ``:any`` is dropped.

        Raises:
            ValueError: for anything else.
        """
        match = _RELATION.fullmatch(text.strip())
        if match is None:
            msg = f"expected a relation such as 'libc6 (>= 2.38)', got {text!r}"
            raise ValueError(msg)
        if match["version"] is None:
            return cls(match["name"])
        return cls(match["name"], match["operator"], DebianVersion.parse(match["version"]))

    def accepts(self, version: DebianVersion) -> bool:
        """Tell whether a real package of that version will do."""
        return self.version is None or version.satisfies(self.operator, self.version)

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.version else self.name


Alternatives = tuple[Relation, ...]
"""Relations of which one is enough, the preferred first."""


def parse_relations(text: str) -> tuple[Alternatives, ...]:
    """Parse a whole field: all of the groups are needed.

    Raises:
        ValueError: for a malformed relation.
    """
    groups = [group for group in text.split(",") if group.strip()]
    return tuple(tuple(map(Relation.parse, group.split("|"))) for group in groups)
