"""The archives that this machine's apt uses: candidates for a mirror, never trusted by themselves.

Both formats of ``sources.list(5)`` are read: one line per source, and deb822 ``.sources``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from longshore.base.debian.control import parse_paragraphs

APT = Path("/etc/apt")

_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+\S+")


def apt_mirrors(apt: Path = APT) -> tuple[str, ...]:
    """Return the http and https addresses of binary sources, in apt's order, each once.

    A file that can't be read or parsed is skipped: apt would complain about it, we only look.
    """
    found: dict[str, None] = {}
    for path in _source_files(apt):
        try:
            text = path.read_text(encoding="utf-8")
            addresses = list(_deb822(text) if path.suffix == ".sources" else _one_line(text))
        except (OSError, ValueError):
            continue
        for address in addresses:
            if address.startswith(("http://", "https://")):
                found[address.rstrip("/")] = None
    return tuple(found)


def _source_files(apt: Path) -> Iterator[Path]:
    yield apt / "sources.list"
    parts = apt / "sources.list.d"
    yield from sorted([*parts.glob("*.list"), *parts.glob("*.sources")])


def _one_line(text: str) -> Iterator[str]:
    for line in text.splitlines():
        match = _LINE.match(line.partition("#")[0].strip())
        if match:
            yield match["uri"]


def _deb822(text: str) -> Iterator[str]:
    for paragraph in parse_paragraphs(text):
        is_on = paragraph.get("enabled", "yes").lower() not in ("no", "false", "0")
        if is_on and "deb" in paragraph.get("types", "").split():
            yield from paragraph.get("uris", "").split()
