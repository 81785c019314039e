"""What the pins of a base tell about it; nothing is fetched, unpacked or run for it."""

from longshore.base.debian.version import DebianVersion
from longshore.locks.pins import BasePins
from longshore.types import Glibc, PythonVersion, Target


def pinned_libc(pins: BasePins) -> Glibc | None:
    """Return the C library of a base, or ``None`` where it has none of Debian's."""
    upstream = _upstream(pins, "libc6")
    if upstream is None:
        return None
    major, minor = upstream.split(".")[:2]
    return Glibc(int(major), int(minor))


def pinned_target(pins: BasePins) -> Target | None:
    """Return what wheels are chosen for on a base, or ``None`` where its packages don't tell."""
    names = (package.name for package in pins.packages)
    minimal = next((name for name in names if name.startswith("python3.")), None)
    version = None if minimal is None else _upstream(pins, minimal)
    libc = pinned_libc(pins)
    if version is None or libc is None:
        return None
    try:
        python = PythonVersion.parse(version)
    except ValueError:  # a pre-release: its interpreter has to be asked
        return None
    return Target.cpython(platform=pins.platform, python=python, libc=libc)


def _upstream(pins: BasePins, name: str) -> str | None:
    """Return the upstream part of a pinned package's version (policy §5.6.12)."""
    for package in pins.packages:
        if package.name == name:
            return DebianVersion.parse(package.version).upstream
    return None
