"""An inspected image as text: an overview, the layers, the packages."""

import shutil
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from longshore.build.inspection import InspectedPackage, Inspection
from longshore.cli.terminal import Terminal, printable
from longshore.types import BuildRecord, MaterialKind

_UNITS: Final = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_INDENT: Final = 12
_NARROW: Final = 80
_UNKNOWN: Final = "unknown: there is no record of the build, only what the image itself tells"


class InspectionView:
    """Writes an image to a terminal; lines are cut to its width, and whole in a pipe."""

    def __init__(self, found: Inspection, terminal: Terminal) -> None:
        self._found = found
        self._terminal = terminal
        on_screen = terminal.stdout.isatty()
        self._width = shutil.get_terminal_size((_NARROW, 24)).columns if on_screen else None

    def overview(self) -> None:
        """Write what the image is, its layers, and the packages on top of its base."""
        found, data = self._found, self._terminal.data
        data(printable(found.name))
        for label, value in _facts(found):
            self._fact(label, value)
        data("")
        rows = [
            (describe_size(layer.size), layer.digest.short, layer.title) for layer in found.layers
        ]
        self._table(("SIZE", "LAYER", "HOLDS"), rows)
        own = found.of(MaterialKind.SOURCE, MaterialKind.WHEEL, MaterialKind.SDIST)
        for packages in (own, found.of(MaterialKind.ADDED)):
            if packages:
                heading = "PACKAGE" if packages is own else "ADDED BY LONGSHORE"
                data("")
                self._packages(heading, packages)

    def layers(self) -> None:
        """Write the layers, each with the packages in it."""
        rows = []
        for layer in self._found.layers:
            rows.append((describe_size(layer.size), layer.digest.short, layer.title))
            rows += [
                ("", "", f"  {package.name} {package.version}")
                for package in self._found.packages
                if package.layer == layer.digest
            ]
        self._table(("SIZE", "LAYER", "HOLDS"), rows)

    def packages(self) -> None:
        """Write every package, and what was only needed to build."""
        if self._found.packages:
            self._packages("PACKAGE", self._found.packages)
        else:
            self._terminal.say("no record of the build is here, so its packages are not known")

    def _packages(self, heading: str, packages: Sequence[InspectedPackage]) -> None:
        rows = [
            (
                package.name,
                package.version,
                "" if package.size is None else describe_size(package.size),
                describe_reason(package),
            )
            for package in packages
        ]
        self._table((heading, "VERSION", "SIZE", "WHY"), rows)

    def _fact(self, label: str, value: str) -> None:
        if not value:
            return
        width = max(40, (self._width or _NARROW) - _INDENT)
        lines = wrap(printable(value), width, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines):
            self._terminal.data(f"{'' if number else label:<{_INDENT}}{line}")

    def _table(self, headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        if self._width is not None and rows:
            taken = sum(max(map(len, column)) + 2 for column in zip(headers, *rows, strict=True))
            last = max(len(row[-1]) for row in (headers, *rows))
            room = max(20, self._width - (taken - 2 - last))
            rows = [(*row[:-1], _cut(row[-1], room)) for row in rows]
        self._terminal.table(headers, rows)


def _facts(found: Inspection) -> Iterator[tuple[str, str]]:
    config, record = found.config, found.record
    yield "digest", str(found.digest)
    yield "platform", "" if found.platform is None else str(found.platform)
    count = len(found.layers)
    yield "size", f"{describe_size(found.size)} in {count} layer{'' if count == 1 else 's'}"
    yield "built by", _UNKNOWN if record is None else _build(record)
    yield "base", found.base
    debian = found.of(MaterialKind.OS_PACKAGE)
    yield "", f"{len(debian)} packages: {', '.join(each.name for each in debian)}" if debian else ""
    yield "starts", " ".join((*config.entrypoint, *config.cmd))
    yield "server", found.server
    yield "user", config.user or "root"
    yield "in", config.working_dir
    yield "ports", ", ".join(config.exposed_ports)
    yield "writable", ", ".join(config.volumes)
    for number, (name, value) in enumerate(config.env.items()):
        yield "" if number else "env", f"{name}={value}"


def _build(record: BuildRecord) -> str:
    revision = f", from {record.revision}" if record.revision else ""
    dirty = " with changes that are not committed" if record.dirty else ""
    host = ", partly outside the sandbox" if record.host_build else ""
    return f"{record.tool}{revision}{dirty}{host}"


def describe_size(size: int) -> str:
    """Return a number of bytes in its largest unit, three digits of it: ``5.16 MB``, ``812 kB``."""
    for unit, factor in _UNITS:
        if size >= factor:
            value = size / factor
            decimals = 2 if value < 10 else 1 if value < 100 else 0  # noqa: PLR2004 - three digits
            return f"{value:.{decimals}f} {unit}"
    return f"{size} B"


def describe_reason(package: InspectedPackage) -> str:
    """Say why a package is there: the dependencies that brought it, or what it is for."""
    here = "; built here from its sdist" if package.kind is MaterialKind.SDIST else ""
    if len(package.path) > 1:
        return " -> ".join(package.path[:-1]) + here
    return "the project depends on it" + here if package.path else package.reason


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
