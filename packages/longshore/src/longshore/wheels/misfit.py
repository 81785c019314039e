"""Say why no wheel of a package fits a target, and so what would help."""

import re
from collections.abc import Iterable

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from longshore.locks import LockedPackage, SourceKind
from longshore.types import Glibc, Platform, Target
from longshore.wheels.tags import target_tags

_LIBC = re.compile(r"(manylinux|musllinux)_(\d+)_(\d+)_(.+)")
_CPYTHON = re.compile(r"cp(\d)(\d+)")
_SYSTEMS = {"macosx": "macOS", "win": "Windows", "ios": "iOS", "android": "Android"}


def explain_misfit(package: LockedPackage, target: Target) -> str:
    """Return one line: what the package has instead of a wheel for the target."""
    if package.source.kind is SourceKind.GIT:
        return "it comes from git, and only files with a hash are taken"
    if not package.artifacts:
        return "its files are not known"
    wheels = [artifact for artifact in package.artifacts if artifact.is_wheel]
    if not wheels:
        if not any(artifact.is_sdist for artifact in package.artifacts):
            return f"{package.artifacts[0].filename!r} is neither a wheel nor a .tar.gz or .zip"
        return "only a source distribution is locked"
    tags = [tag for artifact in wheels for tag in _tags(artifact.filename)]
    if not tags:
        return f"{wheels[0].filename!r} is no file name of a wheel"
    return _explain_tags(tags, target)


def _explain_tags(tags: list[Tag], target: Target) -> str:
    fitting = target_tags(target)
    pythons = {(tag.interpreter, tag.abi) for tag in fitting}
    platforms = {tag.platform for tag in fitting}
    same_python = {tag.platform for tag in tags if (tag.interpreter, tag.abi) in pythons}
    newer = sorted(_newer_libc(same_python, target))
    if newer:
        return f"its wheels need {newer[0][2]} {newer[0][0]}.{newer[0][1]} or newer"
    same_platform = [tag for tag in tags if tag.platform in platforms]
    if same_platform:
        return f"its wheels for {target.platform} are for {_pythons(same_platform)}"
    if same_python:
        return f"its wheels are for {_systems(same_python)}"
    return f"its wheels are for {_systems({tag.platform for tag in tags})}, {_pythons(tags)}"


def _tags(filename: str) -> Iterable[Tag]:
    try:
        return parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return ()


def _newer_libc(platforms: Iterable[str], target: Target) -> Iterable[tuple[int, int, str]]:
    """Yield the C libraries of the target's kind and machine that the platforms ask for."""
    family = "manylinux" if isinstance(target.libc, Glibc) else "musllinux"
    for platform in platforms:
        match = _LIBC.fullmatch(platform)
        if match and match[1] == family and match[4] == target.platform.machine:
            yield int(match[2]), int(match[3]), str(target.libc).split()[0]


def _pythons(tags: Iterable[Tag]) -> str:
    found = set()
    for tag in tags:
        match = _CPYTHON.fullmatch(tag.interpreter)
        free_threaded = " (free-threaded)" if tag.abi.endswith("t") else ""
        name = f"Python {match[1]}.{match[2]}{free_threaded}" if match else tag.interpreter
        found.add((int(match[2]) if match else 0, name))
    return ", ".join(name for _, name in sorted(found))


def _systems(platforms: Iterable[str]) -> str:
    return ", ".join(sorted({_system(platform) for platform in platforms}))


def _system(platform: str) -> str:
    if match := _LIBC.fullmatch(platform):
        libc = "glibc" if match[1] == "manylinux" else "musl"
        return f"{_linux(match[4])} ({libc})"
    for prefix, name in _SYSTEMS.items():
        if platform.startswith(prefix):
            return name
    head, _, machine = platform.partition("_")
    return _linux(machine) if head == "linux" or head.startswith("manylinux") else platform


def _linux(machine: str) -> str:
    try:
        return str(Platform.parse(f"linux/{machine}"))
    except ValueError:
        return f"linux/{machine}"
