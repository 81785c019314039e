"""``longshore.lock``: what the project's own lock does not pin.

It holds the operating system packages of each base, what each source distribution needs to become
a wheel, and the wheels of each environment in which something is built. It names no host: a package
is a name, a version, a path below the root of its archive, a size and a hash, so that the same lock
works with every mirror.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from longshore.errors import LockError
from longshore.locks import pin_values
from longshore.locks.pin_values import PinTable
from longshore.types import Digest, NormalizedName, Platform

FILENAME = "longshore.lock"
FORMAT = 1
"""Raised whenever a key changes its meaning."""

_HEADER = "# Written by `longshore lock`. Commit it, don't edit it.\n"
_HINT = "run `longshore lock` to write it again"


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
class PinnedSdist:
    """A package that is locked without a wheel for the base, and what builds one.

    Args:
        name: its normalised name.
        version: as locked.
        digest: of its source distribution, as locked: another file may need something else.
        python: ``3.13``.
        requires: what its backend needs, all told; the ``requires`` of one of the builds.
        compiled: whether it has code for a compiler.
    """

    name: NormalizedName
    version: str
    digest: Digest
    python: str
    requires: tuple[str, ...]
    compiled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The whole file.

    Args:
        format: the version of its form.
        bases: what images stand on.
        builds: where first-party code and source distributions are built.
        sdists: what is built of source distributions.
        services: what stands in for the images of services on this machine; no part of an image.
    """

    format: int = FORMAT
    bases: tuple[BasePins, ...] = ()
    builds: tuple[BuildPins, ...] = ()
    sdists: tuple[PinnedSdist, ...] = ()
    toolchains: tuple[BasePins, ...] = ()
    services: tuple[BasePins, ...] = ()

    def base(
        self, reference: str, platform: Platform, extra: tuple[str, ...] = ()
    ) -> BasePins | None:
        """Return the pins of a base with exactly those extra packages, if they are there."""
        return _find(self.bases, reference, platform, extra)

    def toolchain(
        self, reference: str, platform: Platform, extra: tuple[str, ...] = ()
    ) -> BasePins | None:
        """Return the pins of a base with a compiler, and exactly those packages, likewise."""
        return _find(self.toolchains, reference, platform, extra)

    def service(
        self, reference: str, platform: Platform, extra: tuple[str, ...]
    ) -> BasePins | None:
        """Return the pins of a stand-in made of exactly those packages, if they are there."""
        return _find(self.services, reference, platform, extra)

    def build(self, requires: tuple[str, ...], python: str) -> BuildPins | None:
        """Return the pins of a build environment, if they are there."""
        wanted = tuple(sorted(set(requires)))
        for build in self.builds:
            if (build.requires, build.python) == (wanted, python):
                return build
        return None

    def sdist(
        self, name: NormalizedName, version: str | None, digest: Digest, python: str
    ) -> PinnedSdist | None:
        """Return the pins of a source distribution, if they are there."""
        for sdist in self.sdists:
            known = (sdist.name, sdist.version, sdist.digest, sdist.python)
            if known == (name, version, digest, python):
                return sdist
        return None


def _find(
    bases: tuple[BasePins, ...], reference: str, platform: Platform, extra: tuple[str, ...]
) -> BasePins | None:
    wanted = (reference, platform, tuple(sorted(set(extra))))
    for base in bases:
        if (base.reference, base.platform, base.extra) == wanted:
            return base
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
    top = PinTable(document, "", problems)
    version = top.get("format", pin_values.positive)
    if version is not None and version > FORMAT:
        msg = f"{where}: format {version} is newer than {FORMAT}, which this version reads"
        raise LockError(msg, hint="upgrade longshore")
    bases = [_base(each) for each in top.tables("base")]
    toolchains = [_base(each) for each in top.tables("toolchain")]
    sdists = [_sdist(each) for each in top.tables("sdist")]
    builds = [_build(each) for each in top.tables("build")]
    services = [_base(each) for each in top.tables("service")]
    top.finish()
    if problems:
        msg = f"{where}: {problems[0]}"
        context = [f"{where}: {problem}" for problem in problems[1:]]
        raise LockError(msg, context=context, hint=_HINT)
    return Pins(
        bases=tuple(bases),
        builds=tuple(builds),
        sdists=tuple(sdists),
        toolchains=tuple(toolchains),
        services=tuple(services),
    )


def render_pins(pins: Pins) -> str:
    """Return the file's text: the same pins give the same bytes."""
    builds = sorted(pins.builds, key=lambda build: (build.python, build.requires))
    document: dict[str, Any] = {"format": pins.format}
    for key, bases in (("base", pins.bases), ("toolchain", pins.toolchains)):
        if bases:
            document[key] = [_base_document(base) for base in sorted(bases, key=_base_order)]
    if pins.sdists:
        sdists = sorted(pins.sdists, key=lambda sdist: (sdist.name, sdist.version, sdist.python))
        document["sdist"] = [_sdist_document(sdist) for sdist in sdists]
    if builds:
        document["build"] = [_build_document(build) for build in builds]
    if pins.services:
        services = sorted(pins.services, key=_base_order)
        document["service"] = [_base_document(base) for base in services]
    return _HEADER + tomli_w.dumps(document)


def _base_order(base: BasePins) -> tuple[str, Platform, tuple[str, ...]]:
    return base.reference, base.platform, base.extra


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


def _sdist_document(sdist: PinnedSdist) -> dict[str, Any]:
    return {
        "name": sdist.name,
        "version": sdist.version,
        "hash": str(sdist.digest),
        "python": sdist.python,
        "requires": sorted(sdist.requires),
        "compiled": sdist.compiled,
    }


# ---- reading


def _base(table: PinTable) -> BasePins:
    # A None stands for a problem that was noted: parse_pins raises before anybody sees it.
    return BasePins(
        reference=table.get("reference", pin_values.text) or "",
        platform=table.get("platform", pin_values.platform) or Platform("linux", "amd64"),
        extra=table.get("extra", pin_values.texts) or (),
        date=table.get("date", pin_values.date) or datetime.min.replace(tzinfo=UTC),
        packages=tuple(_deb(each) for each in table.tables("packages")),
    )


_NO_DIGEST = Digest("sha256", "0" * 64)


def _deb(table: PinTable) -> PinnedDeb:
    return PinnedDeb(
        name=table.get("name", pin_values.text) or "",
        version=table.get("version", pin_values.text) or "",
        architecture=table.get("architecture", pin_values.text) or "",
        source=table.get("source", pin_values.text) or "",
        archive=table.get("archive", pin_values.text) or "",
        path=table.get("path", pin_values.pool_path) or "",
        size=table.get("size", pin_values.positive) or 0,
        sha256=table.get("sha256", pin_values.sha256) or _NO_DIGEST,
    )


def _build(table: PinTable) -> BuildPins:
    return BuildPins(
        requires=table.get("requires", pin_values.texts) or (),
        python=table.get("python", pin_values.text) or "",
        packages=tuple(_wheel(each) for each in table.tables("packages")),
    )


def _sdist(table: PinTable) -> PinnedSdist:
    return PinnedSdist(
        name=table.get("name", pin_values.name) or NormalizedName(""),
        version=table.get("version", pin_values.text) or "",
        digest=table.get("hash", pin_values.digest) or _NO_DIGEST,
        python=table.get("python", pin_values.text) or "",
        requires=table.get("requires", pin_values.texts) or (),
        compiled=table.get("compiled", pin_values.flag) or False,
    )


def _wheel(table: PinTable) -> PinnedWheel:
    return PinnedWheel(
        name=table.get("name", pin_values.name) or NormalizedName(""),
        version=table.get("version", pin_values.text) or "",
        sha256s=table.get("sha256", pin_values.sha256s) or (),
    )
