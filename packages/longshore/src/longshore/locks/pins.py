"""``longshore.lock``: what the project's own lock does not pin.

It holds the operating system packages of each base, and the wheels of each environment in which
first-party code is built. It names no host: a package is a name, a version, a path below the root
of its archive, a size and a hash, so the same lock works with every mirror.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from longshore.errors import LockError
from longshore.types import Digest, NormalizedName, Platform, parse_name

FILENAME = "longshore.lock"
FORMAT = 1
"""Raised whenever a key changes its meaning."""

_HEADER = "# Written by `longshore lock`. Commit it, don't edit it.\n"
_HINT = "run `longshore lock` to write it again"
_POOL = re.compile(r"pool/(?:[A-Za-z0-9][A-Za-z0-9+.~_-]*/)+[A-Za-z0-9][A-Za-z0-9+.~_%:-]*\.deb")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedDeb:
    """One binary package of Debian.

    Args:
        name: of the binary package.
        version: whole, with epoch and revision.
        architecture: Debian's word: ``amd64``, ``all``.
        source: the source package that it was built from.
        archive: which archive has it: ``debian`` or ``debian-security``.
        path: below the archive's root: ``pool/main/…``.
        size: bytes of the ``.deb``.
        sha256: of the ``.deb``.
    """

    name: str
    version: str
    architecture: str
    source: str
    archive: str
    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePins:
    """One base on one platform.

    Args:
        reference: ``debian:trixie``.
        platform: ``linux/amd64``.
        extra: the packages that the configuration asked for, sorted.
        date: the newest date of the archive's signed indexes that it was made from, UTC.
        packages: sorted by name.
    """

    reference: str
    platform: Platform
    extra: tuple[str, ...] = ()
    date: datetime
    packages: tuple[PinnedDeb, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedWheel:
    """One wheel of a build environment; any of the hashes will do (one per platform)."""

    name: NormalizedName
    version: str
    sha256s: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPins:
    """What ``[build-system] requires`` came to, for one Python.

    Args:
        requires: as written, sorted.
        python: ``3.13``.
        packages: sorted by name.
    """

    requires: tuple[str, ...]
    python: str
    packages: tuple[PinnedWheel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The whole file."""

    format: int = FORMAT
    bases: tuple[BasePins, ...] = ()
    builds: tuple[BuildPins, ...] = ()

    def base(
        self, reference: str, platform: Platform, extra: tuple[str, ...] = ()
    ) -> BasePins | None:
        """Return the pins of a base with exactly those extra packages, if they are there."""
        wanted = tuple(sorted(set(extra)))
        for base in self.bases:
            if (base.reference, base.platform, base.extra) == (reference, platform, wanted):
                return base
        return None

    def build(self, requires: tuple[str, ...], python: str) -> BuildPins | None:
        """Return the pins of a build environment, if they are there."""
        wanted = tuple(sorted(set(requires)))
        for build in self.builds:
            if (build.requires, build.python) == (wanted, python):
                return build
        return None


def read_pins(path: Path) -> Pins | None:
    """Read ``longshore.lock``; ``None`` where there is none.

    Raises:
        LockError: with everything that is wrong with it.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: can't be read: {str(error).lower()}"
        raise LockError(msg, hint=_HINT) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name}: invalid TOML: {str(error).lower()}"
        raise LockError(msg, hint=_HINT) from error
    return parse_pins(document, where=path.name)


def parse_pins(document: Mapping[str, Any], *, where: str = FILENAME) -> Pins:
    """Turn the TOML document into pins; ``where`` names the file in messages.

    Raises:
        LockError: with everything that is wrong with it.
    """
    problems: list[str] = []
    top = _Table(document, "", problems)
    version = top.get("format", _positive)
    if version is not None and version > FORMAT:
        msg = f"{where}: format {version} is newer than {FORMAT}, which this version reads"
        raise LockError(msg, hint="upgrade longshore")
    bases = [_base(each) for each in top.tables("base")]
    builds = [_build(each) for each in top.tables("build")]
    top.finish()
    if problems:
        msg = f"{where}: {problems[0]}"
        context = [f"{where}: {problem}" for problem in problems[1:]]
        raise LockError(msg, context=context, hint=_HINT)
    return Pins(bases=tuple(bases), builds=tuple(builds))


def render_pins(pins: Pins) -> str:
    """Return the file's text: the same pins give the same bytes."""
    bases = sorted(pins.bases, key=lambda base: (base.reference, base.platform, base.extra))
    builds = sorted(pins.builds, key=lambda build: (build.python, build.requires))
    document: dict[str, Any] = {"format": pins.format}
    if bases:
        document["base"] = [_base_document(base) for base in bases]
    if builds:
        document["build"] = [_build_document(build) for build in builds]
    return _HEADER + tomli_w.dumps(document)


def _base_document(base: BasePins) -> dict[str, Any]:
    return {
        "reference": base.reference,
        "platform": str(base.platform),
        "extra": sorted(base.extra),
        "date": base.date,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "architecture": package.architecture,
                "source": package.source,
                "archive": package.archive,
                "path": package.path,
                "size": package.size,
                "sha256": package.sha256.hex,
            }
            for package in sorted(base.packages, key=lambda package: package.name)
        ],
    }


def _build_document(build: BuildPins) -> dict[str, Any]:
    return {
        "requires": sorted(build.requires),
        "python": build.python,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "sha256": sorted(digest.hex for digest in package.sha256s),
            }
            for package in sorted(build.packages, key=lambda package: package.name)
        ],
    }


# ---- reading


class _Table:
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

    def tables(self, key: str) -> Iterator["_Table"]:
        """Yield an array's tables; an absent array is an empty one."""
        path = f"{self._path}.{key}".lstrip(".")
        values = self._values.pop(key, [])
        if not isinstance(values, list):
            self._problems.append(f"{path}: expected an array of tables, got {values!r}")
            return
        for index, value in enumerate(values):
            table = _Table(value, f"{path}[{index}]", self._problems)
            yield table
            table.finish()

    def finish(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._values:
            self._problems.append(f"{self._path}.{key}: unknown key".lstrip("."))
        self._values = {}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        msg = f"expected a string, got {value!r}"
        raise ValueError(msg)
    return value


def _positive(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        msg = f"expected a positive number, got {value!r}"
        raise ValueError(msg)
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        msg = f"expected an array of strings, got {value!r}"
        raise ValueError(msg)  # noqa: TRY004 - every wrong value of a file is a ValueError
    return tuple(sorted({_text(item) for item in value}))


def _sha256(value: object) -> Digest:
    return Digest("sha256", _text(value))


def _sha256s(value: object) -> tuple[Digest, ...]:
    return tuple(_sha256(item) for item in _texts(value))


def _pool_path(value: object) -> str:
    text = _text(value)
    if not _POOL.fullmatch(text):
        msg = f"expected a path such as 'pool/main/…/name_1.0_amd64.deb', got {text!r}"
        raise ValueError(msg)
    return text


def _date(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        msg = f"expected a date and time with an offset, got {value!r}"
        raise ValueError(msg)
    return value.astimezone(UTC).replace(microsecond=0)


def _platform(value: object) -> Platform:
    return Platform.parse(_text(value))


def _name(value: object) -> NormalizedName:
    return parse_name(_text(value))


def _base(table: _Table) -> BasePins:
    # A None stands for a problem that was noted: parse_pins raises before anybody sees it.
    return BasePins(
        reference=table.get("reference", _text) or "",
        platform=table.get("platform", _platform) or Platform("linux", "amd64"),
        extra=table.get("extra", _texts) or (),
        date=table.get("date", _date) or datetime.min.replace(tzinfo=UTC),
        packages=tuple(_deb(each) for each in table.tables("packages")),
    )


_NO_DIGEST = Digest("sha256", "0" * 64)


def _deb(table: _Table) -> PinnedDeb:
    return PinnedDeb(
        name=table.get("name", _text) or "",
        version=table.get("version", _text) or "",
        architecture=table.get("architecture", _text) or "",
        source=table.get("source", _text) or "",
        archive=table.get("archive", _text) or "",
        path=table.get("path", _pool_path) or "",
        size=table.get("size", _positive) or 0,
        sha256=table.get("sha256", _sha256) or _NO_DIGEST,
    )


def _build(table: _Table) -> BuildPins:
    return BuildPins(
        requires=table.get("requires", _texts) or (),
        python=table.get("python", _text) or "",
        packages=tuple(_wheel(each) for each in table.tables("packages")),
    )


def _wheel(table: _Table) -> PinnedWheel:
    return PinnedWheel(
        name=table.get("name", _name) or NormalizedName(""),
        version=table.get("version", _text) or "",
        sha256s=table.get("sha256", _sha256s) or (),
    )
