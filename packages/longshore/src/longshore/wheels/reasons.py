"""Put into a ``pylock.toml`` who needs what, as an annotated resolution of the same pins says.

``packages.dependencies`` is for people and for audits (PyPA: pylock.toml specification); nothing is
installed because of it.
"""

import re
from contextlib import suppress
from pathlib import Path

from longshore.locks.lines import split_lines
from longshore.types import NormalizedName, parse_name

_ENTRY = re.compile(r'^\[\[packages\]\]\nname = "([^"]+)"\n(?:version = "[^"]+"\n)?', re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def add_dependencies(lock: str, annotated: str) -> str:
    """Return the lock's text with ``dependencies`` in each package that needs others.

    Args:
        lock: as uv writes it.
        annotated: requirements with ``# via`` comments, as uv writes them.
    """
    needed = _read_edges(annotated)

    def complete(match: re.Match[str]) -> str:
        names = sorted(needed.get(parse_name(match[1]), ()))
        if not names:
            return match[0]
        tables = ", ".join(f'{{ name = "{name}" }}' for name in names)
        return f"{match[0]}dependencies = [{tables}]\n"

    return _ENTRY.sub(complete, lock)


def _read_edges(annotated: str) -> dict[NormalizedName, set[NormalizedName]]:
    found: dict[NormalizedName, set[NormalizedName]] = {}
    for line in split_lines(Path(), annotated, {}):
        match = _NAME.match(line.text)
        if match is None:
            continue
        child = parse_name(match[0])
        for parent in line.via:
            with suppress(ValueError):  # the requirements themselves: '-r -'
                found.setdefault(parse_name(parent), set()).add(child)
    return found
