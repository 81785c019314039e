"""What packages without a wheel depend on, for a resolver that must not run their code.

uv asks a source distribution by running it, on this machine and outside of any sandbox. So it is
told instead: each such package is built here as it will be built for the image, and the metadata of
its wheel says what it needs. The wheel is kept, and the build finds it.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from longshore.base import Base
from longshore.build import pinning
from longshore.build.interface import Workshop
from longshore.build.members import read_first_party
from longshore.build.pins import lock_path
from longshore.build.sdists import build_sdists
from longshore.build.toolchain import BuildRoots
from longshore.build.unfit import unfit_packages
from longshore.errors import LockError
from longshore.locks import Artifact, LockedPackage, PackageSource, SourceKind
from longshore.locks.pins import Pins, read_pins
from longshore.types import NormalizedName, Target, parse_name
from longshore.wheels.choose import ChosenWheel, choose_wheel
from longshore.wheels.index import SimpleIndex
from longshore.wheels.read import WheelFile
from longshore.wheels.resolve import SourceMetadata, SourcesOnlyError

_ROUNDS = 20
"""Resolutions after which packages whose versions depend on one another are given up."""


def resolve_with_sources(
    resolve: Callable[[Sequence[SourceMetadata]], str],
    reader: "SourceReader",
    requirements: Iterable[str],
    target: Target,
) -> str:
    """Return a ``pylock.toml`` that takes packages without a wheel as source distributions.

    Args:
        resolve: resolves, told what the source distributions depend on.
        reader: finds that out.
        requirements: those of the project, for the versions that they pin.
        target: what is built for; what has no wheel there is taken as its sources, too.

    Raises:
        LockError: if there is no solution.
        WheelError: if a package can't be built.
    """
    pinned = _pinned_versions(requirements)
    told: dict[NormalizedName, SourceMetadata] = {}
    for _ in range(_ROUNDS):
        try:
            text = resolve(tuple(told.values()))
        except SourcesOnlyError as error:
            names = [name for name in error.names if name not in told]
            fresh = [name for name in names if reader.is_needed(name, pinned.get(name))]
            if not fresh:
                raise
            told |= {name: reader.read(name, pinned.get(name)) for name in fresh}
            continue
        others = dict(_other_versions(text, told))
        others |= {
            name: version
            for name, version in unfit_packages(text, target).items()
            if name not in told and reader.is_needed(name, version)
        }
        if not others:
            return text
        told |= {name: reader.read(name, version) for name, version in others.items()}
    msg = f"no versions of {', '.join(sorted(told))} fit together"
    raise LockError(msg, hint="pin their versions")


class SourceReader:
    """Builds source distributions, to read what they depend on.

    Args:
        workshop: the project and the tools; its base is pinned when something is built.
        index: has the packages.
    """

    def __init__(self, workshop: Workshop, index: SimpleIndex) -> None:
        self._workshop = workshop
        self._index = index
        self._files: dict[NormalizedName, tuple[Artifact, ...]] = {}

    def is_needed(self, name: NormalizedName, version: str | None = None) -> bool:
        """Tell whether a version, the newest one unless it is said, has sources and no wheel.

        No wheel that fits the project's base, that is: a lock is for every platform, but what has
        no wheel here is built here.
        """
        files = self._version_files(name, version)
        has_sources = any(each.is_sdist for each in files)
        return has_sources and choose_wheel(files, self._base.describe().target) is None

    def read(self, name: NormalizedName, version: str | None = None) -> SourceMetadata:
        """Return what a version depends on, the newest one unless it is said.

        Raises:
            LockError: if the index has no sources of it.
            WheelError: if it can't be built.
        """
        chosen = self._choose(name, version)
        workshop, base = self._workshop, self._base
        pins = pinning.require_sdist_pins(
            workshop, base, [chosen], pins=self._pins(), locked=False, told=False
        )
        roots = BuildRoots(workshop=workshop, base=base, pins=pins, may_lock=True)
        ((built,), _) = build_sdists(workshop, roots, pins, [chosen])
        wheel = WheelFile.open(
            built.wheel.path, sha256=built.wheel.sha256, filename=built.wheel.filename
        )
        with wheel.archive:
            return SourceMetadata(
                name=name, version=chosen.package.version or "", requires=wheel.requires
            )

    def _choose(self, name: NormalizedName, version: str | None) -> ChosenWheel:
        files = [each for each in self._version_files(name, version) if each.is_sdist]
        if not files:
            what = f"{name} {version}" if version else f"any release of {name}"
            msg = f"the index has neither a wheel nor the sources of {what}"
            raise LockError(msg, hint="change the requirements, or the index")
        package = LockedPackage(
            name=name,
            version=str(_version(files[0])),
            source=PackageSource(kind=SourceKind.REGISTRY),
            artifacts=(files[0],),
        )
        return ChosenWheel(package=package, artifact=files[0])

    def _version_files(self, name: NormalizedName, version: str | None) -> list[Artifact]:
        """Return the files of a version; without one, of the newest that is no pre-release."""
        found = [(one, each) for each in self._all(name) if (one := _version(each)) is not None]
        if version is None:
            newest = max((one for one, _ in found if not one.is_prerelease), default=None)
        else:
            newest = Version(version)
        return [each for one, each in found if one == newest]

    def _all(self, name: NormalizedName) -> tuple[Artifact, ...]:
        if name not in self._files:
            self._files[name] = self._index.files(name)
        return self._files[name]

    @cached_property
    def _base(self) -> Base:
        """The project's base, pinned now where it is not."""
        pinning.write_missing_pins(
            self._workshop, read_first_party(self._workshop, None), upgrade=frozenset()
        )
        return pinning.open_pinned_base(self._workshop, self._pins())

    def _pins(self) -> Pins:
        return read_pins(lock_path(self._workshop)) or Pins()


def _pinned_versions(requirements: Iterable[str]) -> Mapping[NormalizedName, str]:
    """Return the packages of which only one version will do."""
    pinned = {}
    for line in requirements:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        for specifier in requirement.specifier:
            if specifier.operator == "==" and not specifier.version.endswith(".*"):
                pinned[parse_name(requirement.name)] = specifier.version
    return pinned


def _other_versions(
    text: str, told: Mapping[NormalizedName, SourceMetadata]
) -> Mapping[NormalizedName, str]:
    """Return the packages that were locked at another version than the one that was asked."""
    locked: dict[NormalizedName, set[str]] = {}
    for package in tomllib.loads(text).get("packages", ()):
        name = parse_name(package["name"])
        if name in told:
            locked.setdefault(name, set()).add(package.get("version", ""))
    return {
        name: max(versions)
        for name, versions in locked.items()
        if not any(Version(one) == Version(told[name].version) for one in versions)
    }


def _version(artifact: Artifact) -> Version | None:
    try:
        if artifact.is_wheel:
            return parse_wheel_filename(artifact.filename)[1]
        return parse_sdist_filename(artifact.filename)[1] if artifact.is_sdist else None
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
