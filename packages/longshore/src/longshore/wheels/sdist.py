"""Build the wheels of packages that are locked as source distributions only.

An sdist runs code to become a wheel (PEP 517), so it is treated like the project's own code: in the
sandbox, by the base's Python, with pinned requirements and without network. Its wheel is kept by a
key of everything that decides its bytes, and never leaves this machine but as part of images.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from longshore.errors import LongshoreError, WheelError
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.project.metadata import BuildSystem, read_build_system
from longshore.types import Digest, Target
from longshore.wheels.built import BuiltWheel, build_once
from longshore.wheels.compiled import RUST, needs_compiler, requirement_names
from longshore.wheels.fetch import FetchedWheel
from longshore.wheels.headers import compiler_hint, lacks_rust
from longshore.wheels.hooks import (
    Backend,
    BuildEnvironment,
    HookResult,
    check_requirements,
    run_backend,
)
from longshore.wheels.produced import open_wheel
from longshore.wheels.tags import target_tags
from longshore.wheels.unpack import unpack_sdist

FORMAT = 2
"""Part of every cached wheel's key: raised when the same inputs would give another wheel."""

DOCS = "how-to/dependencies-without-wheels.md"
_LOCK_ANOTHER = "lock a version that has a wheel"
_NO_RUST = "there is no Rust toolchain here"


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistNeeds:
    """What a source distribution says that it takes to build it.

    Args:
        requires: ``[build-system] requires``, or setuptools where it says nothing.
        compiled: whether it has code for a compiler.
    """

    requires: tuple[str, ...]
    compiled: bool


def read_sdist(sdist: FetchedWheel) -> SdistNeeds:
    """Read what an sdist takes to build; nothing of it is run.

    Raises:
        WheelError: if the archive is not acceptable, what it says is wrong, or it is Rust.
    """
    with _unpacked(sdist) as root:
        build = _build_system(sdist, root)
        if not RUST.isdisjoint(requirement_names(build.requires)):
            msg = f"{sdist.package}: its source distribution is written in Rust"
            raise WheelError(msg, hint=f"{_NO_RUST}: {_LOCK_ANOTHER}", docs=DOCS)
        return SdistNeeds(requires=build.requires, compiled=needs_compiler(root, build.requires))


def sdist_requirements(sdist: FetchedWheel, environment: BuildEnvironment) -> tuple[str, ...]:
    """Ask an sdist's backend which requirements it wants beyond the static ones.

    Raises:
        WheelError: if the backend fails.
    """
    with tempfile.TemporaryDirectory(prefix="longshore-build-") as folder:
        return _run(sdist, environment, Path(folder), build=False).requires


def build_sdist(
    sdist: FetchedWheel,
    target: Target,
    *,
    key: Digest,
    environment: Callable[[], BuildEnvironment],
    blobs: BlobStore,
    memos: MemoStore,
) -> BuiltWheel:
    """Return the wheel of an sdist, from the cache if nothing that decides it has changed.

    Args:
        sdist: the file, in the store.
        target: what the wheel is for.
        key: of the environment's content; part of the cached wheel's.
        environment: returns where the backend runs, if it has to.
        blobs: keeps wheels.
        memos: remember which sdist became which wheel.

    Raises:
        WheelError: if the backend fails, asks for a requirement that is not pinned, or gives
            something else than a wheel of that version for that target.
    """

    def build(folder: Path) -> tuple[str, IO[bytes]]:
        subject = str(sdist.package)
        opened = environment()
        result = _run(sdist, opened, folder, build=True)
        check_requirements(subject, result.requires, opened.packages)
        file = open_wheel(
            folder / "output",
            result.filename,
            subject=subject,
            name=sdist.package.name,
            hint=_LOCK_ANOTHER,
        )
        try:
            _check_filename(sdist, result.filename, target)
        except WheelError:
            file.close()
            raise
        return result.filename, file

    return build_once(sdist.package.name, _key(sdist, key), build, blobs=blobs, memos=memos)


def _key(sdist: FetchedWheel, environment: Digest) -> Digest:
    parts = {
        "format": FORMAT,
        "name": sdist.package.name,
        "version": sdist.package.version,
        "sdist": str(sdist.artifact.digest),
        "subdirectory": sdist.package.source.subdirectory,
        "environment": str(environment),
    }
    return Digest.of(b"sdist " + json.dumps(parts, sort_keys=True).encode())


def _run(
    sdist: FetchedWheel, environment: BuildEnvironment, folder: Path, *, build: bool
) -> HookResult:
    with _unpacked(sdist) as root:
        system = _build_system(sdist, root)
        output = folder / "output"
        output.mkdir()
        backend = Backend(
            subject=str(sdist.package),
            name=system.backend,
            path=system.backend_path,
            missing=f"its [build-system] requires do not bring it: {_LOCK_ANOTHER}",
            failed=partial(_hint, environment.table),
            docs=DOCS,
        )
        return run_backend(backend, environment, root, output, build=build)


def _hint(table: str, output: str) -> str:
    """Say what to do about a failed build: what it lacks, as far as that can be told."""
    if lacks_rust(output):
        return f"{_NO_RUST}: {_LOCK_ANOTHER}"
    return compiler_hint(output, table) or (
        "it is built without network, from its source distribution: name the Debian packages that "
        f"it needs in build-packages, or {_LOCK_ANOTHER}"
    )


@contextmanager
def _unpacked(sdist: FetchedWheel) -> Iterator[Path]:
    """Unpack the sources for a while; they are verified by whoever fetched them."""
    with tempfile.TemporaryDirectory(prefix="longshore-sdist-") as folder:
        root = unpack_sdist(sdist.path, sdist.artifact.filename, Path(folder))
        below = PurePosixPath(sdist.package.source.subdirectory or ".")
        if below.is_absolute() or ".." in below.parts or not (root / below).is_dir():
            msg = f"{sdist.package}: {sdist.artifact.filename} has no folder {str(below)!r}"
            raise WheelError(msg, hint="correct the subdirectory, and lock again")
        yield root / below


def _build_system(sdist: FetchedWheel, root: Path) -> BuildSystem:
    try:
        return read_build_system(root)
    except LongshoreError as error:
        msg = f"{sdist.package}: {sdist.artifact.filename}: {error.message}"
        raise WheelError(msg, context=error.context, hint=_LOCK_ANOTHER, docs=DOCS) from error


def _check_filename(sdist: FetchedWheel, filename: str, target: Target) -> None:
    """Refuse a wheel of another version, and one that the target can't load."""
    package = sdist.package
    try:
        _, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        msg = f"{package}: the build backend gave {filename!r}, which is no file name of a wheel"
        raise WheelError(msg, hint=_LOCK_ANOTHER, docs=DOCS) from error
    try:
        is_locked = version == Version(package.version or "")
    except InvalidVersion:
        is_locked = False
    if not is_locked:
        msg = f"{package}: its source distribution became a wheel of version {version}"
        hint = f"it does not keep to its own version: {_LOCK_ANOTHER}"
        raise WheelError(msg, hint=hint, docs=DOCS)
    if tags.isdisjoint(target_tags(target)):
        msg = f"{package}: its source distribution became {filename!r}, which is not for {target}"
        raise WheelError(msg, hint=_LOCK_ANOTHER, docs=DOCS)
