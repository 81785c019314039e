"""What a fresh lock has no wheel for, on the base that the project is built on."""

import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from longshore.types import Glibc, NormalizedName, Platform, PythonVersion, Target, parse_name
from longshore.wheels.tags import target_tags

_ANY_GLIBC = Glibc(2, 99)


def expected_target(python: PythonVersion) -> Target:
    """Return what images of this machine are for, before their base is pinned.

    The C library is taken for newer than any wheel asks for: what is said to fit may still not.
    """
    return Target.cpython(platform=Platform.host(), python=python, libc=_ANY_GLIBC)


def unfit_packages(lock: str, target: Target) -> Mapping[NormalizedName, str]:
    """Return the packages that a target needs and has no wheel for, with their versions.

    Args:
        lock: a ``pylock.toml`` as the resolver writes it: with wheels only, where there are any,
            so it has no sources of a package whose wheels are all for other systems.
        target: what is built for.
    """
    environment: dict[str, str | AbstractSet[str]] = {
        **target.markers,
        "extras": frozenset(),
        "dependency_groups": frozenset(),
    }
    fitting = frozenset(target_tags(target))
    unfit = {}
    for package in tomllib.loads(lock).get("packages", ()):
        marker = package.get("marker")
        if "wheels" not in package or "sdist" in package or "version" not in package:
            continue
        if marker and not Marker(marker).evaluate(environment, context="lock_file"):
            continue
        if not any(fitting & tags for tags in _tags(package["wheels"])):
            unfit[parse_name(package["name"])] = str(package["version"])
    return unfit


def _tags(wheels: list[dict[str, Any]]) -> Iterator[frozenset[Any]]:
    for wheel in wheels:
        place = unquote(urlsplit(wheel.get("url", "")).path).rpartition("/")[2]
        try:
            yield parse_wheel_filename(wheel.get("name") or place)[3]
        except InvalidWheelFilename:
            continue
