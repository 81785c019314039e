"""Draw the rooms of the program from the contract that guards them.

``python docs/architecture.py`` reads the ``layers`` contract of import-linter in the root
``pyproject.toml`` and the first sentence of each room's docstring, and writes a diagram and a
table between two markers of ``docs/explanation/architecture.md``. With ``--check`` it writes
nothing and exits with 1 when the page is not what it would write.
"""

import ast
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/explanation/architecture.md")
BEGIN = "<!-- begin: python docs/architecture.py -->"
END = "<!-- end -->"
CONTRACT = "rooms"

_PACKAGE = "longshore"
_SOURCE = Path("packages/longshore/src")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A top-level package, or module, of the program."""

    name: str
    summary: str


class PageError(Exception):
    """The contract or the page lacks what this program needs."""


def read_layers(configuration: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the contract's layers, top first, each with its rooms' names in order.

    Raises:
        PageError: if there is no ``layers`` contract of the right name.
    """
    contracts = configuration.get("tool", {}).get("importlinter", {}).get("contracts", [])
    for contract in contracts:
        if contract.get("name") == CONTRACT and contract.get("type") == "layers":
            return tuple(_split(layer) for layer in contract["layers"])
    msg = f"pyproject.toml: no import-linter contract of type 'layers' named {CONTRACT!r}"
    raise PageError(msg)


def _split(layer: str) -> tuple[str, ...]:
    """Split ``longshore.a | longshore.b``; parentheses mark a room that may be absent."""
    names = (name.strip().strip("()") for name in layer.split("|"))
    return tuple(name.removeprefix(f"{_PACKAGE}.") for name in names)


def summarise(name: str, source: Path) -> str:
    """Return the first line of a room's docstring, or an empty string for a room not yet there."""
    folder = source / _PACKAGE / name
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not path.is_file():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].replace("``", "`")


def render(layers: Sequence[Sequence[Room]]) -> str:
    """Render the diagram and the table; an arrow means "may import", as does every path of them."""
    lines = ["```mermaid", "flowchart TD"]
    for upper, lower in pairwise(layers):
        heads, tails = (" & ".join(room.name for room in layer) for layer in (upper, lower))
        lines.append(f"    {heads} --> {tails}")
    lines += ["```", "", "| room | what it is for |", "| --- | --- |"]
    lines += (f"| `{room.name}` | {room.summary} |" for layer in layers for room in layer)
    return "\n".join(lines)


def replace_between(page: str, content: str) -> str:
    """Put ``content`` between the markers of a page.

    Raises:
        PageError: if a marker is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        msg = f"{PAGE}: expected the lines {BEGIN!r} and {END!r}"
        raise PageError(msg)
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{after}"


def draw(root: Path) -> tuple[str, str]:
    """Return the page as it is and as it should be."""
    configuration = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = tuple(
        tuple(Room(name=name, summary=summarise(name, root / _SOURCE)) for name in names)
        for names in read_layers(configuration)
    )
    page = (root / PAGE).read_text(encoding="utf-8")
    return page, replace_between(page, render(layers))


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` compare it; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        page, expected = draw(ROOT)
    except PageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if "--check" in arguments:
        if page != expected:
            sys.stderr.write(f"{PAGE}: out of date; run 'python docs/architecture.py'\n")
        return int(page != expected)
    (ROOT / PAGE).write_text(expected, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
