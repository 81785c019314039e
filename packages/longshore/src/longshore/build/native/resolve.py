"""Which libraries the loader would look for in vain; pure.

A library is there if a wheel ships a file of that name, or the base has it where the loader looks:
in its default folders, or in an absolute folder of the file's own search path (ld.so(8)).
Which wheel ships it, and under which folder, is not asked. A search path with ``$ORIGIN`` leads
into wheels; and a library that another module loaded before is found by its name alone, wherever
it is: that is how torch's extensions find torch's libraries, and it can't be seen in the files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from longshore.build.native.elf import ElfFile
from longshore.build.native.shipped import NativeFile, ShippedWheel
from longshore.types import Glibc, Musl, Target

_MACHINES: Final = {
    "386": 3,
    "ppc64le": 21,
    "s390x": 22,
    "arm": 40,
    "amd64": 62,
    "arm64": 183,
    "riscv64": 243,
}
"""``e_machine`` by Go's name of the architecture."""

_GLIBC: Final = frozenset(
    {
        *("ld-linux-aarch64.so.1", "ld-linux-armhf.so.3", "ld-linux-x86-64.so.2", "ld-linux.so.2"),
        *("libc.so.6", "libdl.so.2", "libm.so.6", "libmvec.so.1", "libpthread.so.0"),
        *("libresolv.so.2", "librt.so.1", "libutil.so.1"),
    }
)
"""What every glibc brings: a base is not unpacked to look for these."""

_FOREIGN: Final = {
    Glibc: ("libc.musl-", "ld-musl-", "libc++_shared.so"),
    Musl: ("libc.so.6", "ld-linux"),
}
"""How names begin that only files for another C library need, musl or Android's."""

HasLibrary = Callable[[str, Sequence[str]], bool]
"""Tells whether the base has a library: ``has(name, folders)``, the folders beside the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Libraries that files of one wheel need and nothing has: the files, outermost first, by it."""

    wheel: ShippedWheel
    files: Mapping[str, tuple[str, ...]]


def find_missing(
    wheels: Iterable[ShippedWheel], target: Target, has: HasLibrary
) -> Iterator[Missing]:
    """Yield what is missing, wheel by wheel."""
    usable = [usable_files(wheel, target) for wheel in wheels]
    known = provided_names(usable)
    if isinstance(target.libc, Glibc):
        known |= _GLIBC
    for wheel in usable:
        lacking: dict[str, list[str]] = {}
        for file in wheel.files:
            for name in _lacking(file, known, has):
                lacking.setdefault(name, []).append(file.path)
        if lacking:
            by_name = {name: _outermost(paths) for name, paths in sorted(lacking.items())}
            yield Missing(wheel=wheel, files=by_name)


def usable_files(wheel: ShippedWheel, target: Target) -> ShippedWheel:
    """Return a wheel without the files that are not meant for the target."""
    return replace(wheel, files=tuple(f for f in wheel.files if _is_for(f.elf, target)))


def provided_names(wheels: Iterable[ShippedWheel]) -> frozenset[str]:
    """Return the names under which the files of wheels can be needed."""
    files = [file for wheel in wheels for file in wheel.files]
    names = {file.path.rpartition("/")[2] for file in files}
    return frozenset(names | {file.elf.soname for file in files if file.elf.soname})


def _lacking(file: NativeFile, known: frozenset[str], has: HasLibrary) -> Iterator[str]:
    for name in dict.fromkeys(file.elf.needed):
        if name not in known and not has(name, file.elf.search):
            yield name


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Sort paths so that a package's own module comes before its plugins and tests."""
    return tuple(sorted(paths, key=lambda path: (path.count("/"), path)))


def _is_for(elf: ElfFile, target: Target) -> bool:
    """Tell whether a file is meant for the target: some wheels bring files for several systems."""
    machine = _MACHINES.get(target.platform.architecture, elf.machine)
    foreign = _FOREIGN[type(target.libc)]
    return elf.machine == machine and not any(name.startswith(foreign) for name in elf.needed)
