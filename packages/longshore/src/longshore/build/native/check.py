"""The check of a build: which system libraries its wheels need and would not find.

A finding is a warning, never an error: a file in a wheel may belong to an optional part that
nobody imports, and only the application knows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from longshore.base.interface import BaseImage
from longshore.build.native.base import BaseLibraries, read_base
from longshore.build.native.loaded import LOADED_BY_NAME, LoadedByName
from longshore.build.native.packages import debian_package
from longshore.build.native.resolve import find_missing, provided_names, usable_files
from longshore.build.native.shipped import ShippedWheel, read_wheels
from longshore.layers.inputs import WheelInput
from longshore.oci.memos import MemoStore
from longshore.types import Finding, Severity

DOCS: Final = "how-to/native-libraries.md"
_SHOWN: Final = 4
_LDCONFIG: Final = "ldconfig"


def check_native_libraries(
    wheels: Sequence[WheelInput],
    *,
    image: BaseImage,
    unpack: Callable[[], Path],
    memos: MemoStore,
    table: str = "[tool.longshore]",
) -> tuple[Finding, ...]:
    """Return a warning for each wheel that needs what neither the wheels nor the base have.

    Args:
        wheels: all that share the virtual environment.
        image: the base.
        unpack: returns the base's unpacked root; called only where the wheels leave a question
            and the base was not looked at before.
        memos: remember what the wheels and the base hold.
        table: how the user knows the configuration that would name a package.

    Raises:
        WheelError: if a wheel can't be read.
    """
    shipped = sorted(read_wheels(wheels, memos), key=lambda wheel: wheel.name)

    @cache
    def base() -> BaseLibraries:
        return read_base(image, unpack, memos)

    advice = _Advice(reference=image.reference, table=table)
    missing = find_missing(shipped, image.target, lambda *asked: base().has(*asked))
    linked = (_linked(each.wheel, each.files, advice) for each in missing)
    return (*linked, *_loaded(shipped, image, base, advice))


def _linked(wheel: ShippedWheel, files: Mapping[str, Sequence[str]], advice: "_Advice") -> Finding:
    shown = [f"{name} ({_users(paths)})" for name, paths in files.items()]
    if len(shown) > _SHOWN:
        shown[_SHOWN:] = [f"{len(files) - _SHOWN} more"]
    return Finding(
        rule="native.linked",
        severity=Severity.WARNING,
        location=wheel.filename,
        message=f"needs what is neither in a wheel nor in the base: {', '.join(shown)}",
        hint=advice.hint(tuple(files)),
        docs=DOCS,
    )


def _users(paths: Sequence[str]) -> str:
    return f"{paths[0]} and {len(paths) - 1} more" if len(paths) > 1 else paths[0]


def _loaded(
    wheels: Sequence[ShippedWheel],
    image: BaseImage,
    base: Callable[[], BaseLibraries],
    advice: "_Advice",
) -> Iterator[Finding]:
    names = {wheel.name for wheel in wheels}
    shipped = provided_names(usable_files(wheel, image.target) for wheel in wheels)
    for wheel in wheels:
        loads = LOADED_BY_NAME.get(wheel.name)
        if loads is None or not names.isdisjoint(loads.instead):
            continue
        lacking = [name for name in loads.libraries if name not in shipped | base().default]
        searched = loads.searched and not base().answers_find_library
        if lacking or searched:
            yield _at_run_time(wheel, loads, lacking, advice, searched=searched)


def _at_run_time(
    wheel: ShippedWheel,
    loads: LoadedByName,
    lacking: Sequence[str],
    advice: "_Advice",
    *,
    searched: bool,
) -> Finding:
    message = f"loads what is neither in a wheel nor in the base: {', '.join(lacking)}"
    if searched:
        names = ", ".join(loads.libraries)
        message = (
            f"looks for {names} by ctypes.util.find_library, which finds none without ldconfig"
        )
    hint = advice.hint([*lacking, *((_LDCONFIG,) if searched else ())])
    if loads.instead:
        hint += f"; or depend on {' or '.join(loads.instead)}"
    return Finding(
        rule="native.loaded",
        severity=Severity.WARNING,
        location=wheel.filename,
        message=message,
        hint=hint,
        docs=DOCS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """What to do about missing libraries on a base."""

    reference: str
    table: str

    def hint(self, libraries: Sequence[str]) -> str:
        """Say what to write; what the table of packages does not know is left to a search."""
        found = {name: debian_package(name, self.reference) for name in libraries}
        packages = sorted({package for package in found.values() if package is not None})
        unknown = [name for name, package in found.items() if package is None]
        parts = []
        if packages:
            listed = ", ".join(f'"{name}"' for name in packages)
            parts.append(f"add to {self.table}: packages = [{listed}]")
        if unknown and self.reference.startswith("debian:"):
            parts.append(f"find the Debian package: apt-file search {unknown[0]}")
        elif unknown:
            parts.append(f"choose a base that has {', '.join(unknown)}")
        return "; ".join(parts)
