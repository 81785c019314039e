"""The tags of wheels that a target can load, best first (PyPA: platform compatibility tags).

``packaging`` knows the tags of the running interpreter; the order of interpreters and ABIs comes
from it, the platforms of a foreign C library are listed here.
"""

from collections.abc import Iterator
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags

from longshore.types import Glibc, Musl, Target

_LEGACY_NAMES = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLD_MACHINES = frozenset({"x86_64", "i686"})
_OLDEST_GLIBC = (2, 17)
_OLDEST_GLIBC_OF_OLD_MACHINES = (2, 5)


@cache
def target_tags(target: Target) -> tuple[Tag, ...]:
    """Return every tag that a wheel for the target may have, the best fit first."""
    version = (target.python.major, target.python.minor)
    platforms = tuple(target_platforms(target))
    interpreter = f"cp{target.python.major}{target.python.minor}"
    return (
        *cpython_tags(version, abis=[target.abi], platforms=platforms),
        *compatible_tags(version, interpreter=interpreter, platforms=platforms),
    )


def target_platforms(target: Target) -> Iterator[str]:
    """Yield the platform tags of a target, the newest C library first, plain ``linux_*`` last."""
    machine = target.platform.machine
    match target.libc:
        case Glibc():
            yield from _manylinux(target.libc, machine)
        case Musl(major=major, minor=newest):
            for minor in range(newest, -1, -1):
                yield f"musllinux_{major}_{minor}_{machine}"
    yield f"linux_{machine}"


def _manylinux(libc: Glibc, machine: str) -> Iterator[str]:
    """Yield PEP 600's tags down to the first glibc of the machine, and their older names."""
    is_old = machine in _OLD_MACHINES
    _, oldest = _OLDEST_GLIBC_OF_OLD_MACHINES if is_old else _OLDEST_GLIBC
    for minor in range(libc.minor, oldest - 1, -1):
        yield f"manylinux_{libc.major}_{minor}_{machine}"
        if legacy := _LEGACY_NAMES.get((libc.major, minor)):
            yield f"{legacy}_{machine}"
