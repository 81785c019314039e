"""Which Debian package has a library: a small table, made and verified by a script.

``scripts/update_native_libraries.py`` writes ``sonames.txt`` from the content of the packages
themselves. A line names a library and its package in each suite, ``-`` where the suite has none.
"""

from functools import cache
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_name("sonames.txt")

_PROGRAMS: Final = {"ldconfig": "libc-bin"}


@cache
def read_table() -> dict[str, dict[str, str]]:
    """Return the table: suite → library → package."""
    header, *lines = TABLE.read_text("ascii").splitlines()
    suites = header.lstrip("# ").split()[1:]
    table: dict[str, dict[str, str]] = {suite: {} for suite in suites}
    for line in lines:
        library, *packages = line.split()
        for suite, package in zip(suites, packages, strict=True):
            if package != "-":
                table[suite][library] = package
    return table


def debian_package(library: str, reference: str) -> str | None:
    """Return the package of a library, or of ``ldconfig``, in a base's suite, if it is known."""
    kind, _, suite = reference.partition(":")
    if kind != "debian" or suite not in read_table():
        return None
    return _PROGRAMS.get(library) or read_table()[suite].get(library)
