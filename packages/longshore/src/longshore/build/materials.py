"""Collect what goes into an image: locked packages, members, what Longshore adds, and why."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.pylock import is_valid_pylock_path

from longshore.base import BaseImage
from longshore.build.added import (
    RUNTIME_NAME,
    needs_server,
    runtime_files,
    runtime_version,
    server_requirements,
)
from longshore.build.interface import Workshop
from longshore.build.members import lock_digest
from longshore.build.sdists import BuiltSdist
from longshore.errors import LockError, ProjectError
from longshore.layers.files import PlainFile
from longshore.layers.inputs import WheelInput
from longshore.locks import LockedSet, Selection
from longshore.locks.pins import FILENAME as PINS
from longshore.locks.requirements import HashedRequirements
from longshore.types import BuildMode, Digest, NormalizedName, Project
from longshore.wheels.built import BuiltWheel
from longshore.wheels.choose import (
    ChosenFiles,
    ChosenWheel,
    choose_files,
    choose_wheels,
    find_sdists,
)
from longshore.wheels.fetch import FetchedWheel, fetch_wheels
from longshore.wheels.index import SimpleIndex, choose_indexes, locate_artifacts
from longshore.wheels.write import write_wheel

_SDISTS_FORMAT = 1
"""Raised whenever the same lock would have other sdists for the same target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFiles:
    """What a lock has for a base: the selection, its files located, and the file of each."""

    selection: Selection
    files: ChosenFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedWheels:
    """Wheels of a lock and what the lock says about them; ``built`` are those made here."""

    selection: Selection
    wheels: tuple[FetchedWheel, ...]
    built: tuple[BuiltSdist, ...] = ()

    @property
    def names(self) -> frozenset[NormalizedName]:
        """The packages' names."""
        return frozenset(package.name for package in self.selection.packages)

    @property
    def inputs(self) -> tuple[WheelInput, ...]:
        """The wheels as inputs of layers, by the names of their packages."""
        found = {
            each.package.name: WheelInput(
                path=each.path,
                sha256=each.artifact.digest,
                filename=each.artifact.filename,
            )
            for each in self.wheels
        }
        found |= {each.wheel.name: built_input(each.wheel) for each in self.built}
        return tuple(found[name] for name in sorted(found))

    def reason(self, name: NormalizedName) -> str:
        """Say which path of dependencies brought a package: ``fastapi -> starlette``."""
        return " -> ".join(self.selection.reasons.get(name, (name,)))


def choose_locked(workshop: Workshop, lock: LockedSet, image: BaseImage) -> LockedFiles:
    """Choose the files that the project's lock has for a base; none of them is fetched.

    Raises:
        LockError: if the lock does not cover the base.
        WheelError: if a package has neither a wheel for the base nor sources.
        TransportError: if an index has to be asked, and can't be.
    """
    selection = _select(workshop, lock, image)
    return LockedFiles(selection=selection, files=choose_files(selection, image.target))


def locked_sdists(workshop: Workshop, lock: LockedSet, image: BaseImage) -> tuple[ChosenWheel, ...]:
    """Return the packages that the project's lock has as sources only, remembered by the lock.

    A package that has neither is left to the build, which says so.

    Raises:
        LockError: if the lock does not cover the base.
        TransportError: if an index has to be asked, and can't be.
    """
    parts = ["sdists", _SDISTS_FORMAT, str(lock_digest(workshop, lock)), repr(image.target)]
    key = Digest.of(json.dumps(parts).encode())
    if workshop.memos.get(key) == b"":
        return ()
    sdists = find_sdists(_select(workshop, lock, image), image.target)
    if not sdists:
        workshop.memos.put(key, b"")
    return sdists


def fetch_locked(workshop: Workshop, chosen: LockedFiles) -> LockedWheels:
    """Fetch the wheels that were chosen.

    Raises:
        WheelError: if one is not the locked file.
        TransportError: if one can't be fetched.
    """
    wheels = fetch_wheels(chosen.files.wheels, transport=workshop.transport, store=workshop.blobs)
    return LockedWheels(selection=chosen.selection, wheels=wheels)


def fetch_server(
    workshop: Workshop, image: BaseImage, locked: LockedWheels, project: Project
) -> LockedWheels | None:
    """Fetch the server set, or return ``None`` where the lock has a server or none is needed."""
    if not needs_server(project, locked.names):
        return None
    path = server_requirements()
    lock = HashedRequirements().read(path, path.parent, workshop.environment)
    if lock is None:
        msg = f"{path}: not readable"
        raise LockError(msg, hint="reinstall longshore")
    selection = _select(workshop, lock, image)
    chosen = choose_wheels(selection, image.target)
    wheels = fetch_wheels(chosen, transport=workshop.transport, store=workshop.blobs)
    return LockedWheels(selection=selection, wheels=wheels)


def _select(workshop: Workshop, lock: LockedSet, image: BaseImage) -> Selection:
    index = SimpleIndex(
        workshop.transport,
        choose_indexes(workshop.environment, lock),
        memos=workshop.memos,
        store=workshop.blobs,
    )
    return locate_artifacts(lock.select(image.target), index)


def pack_runtime(workshop: Workshop) -> WheelInput:
    """Return the runtime as a normalised wheel in the store; the same files give the same bytes."""
    version = runtime_version()
    with tempfile.TemporaryDirectory(prefix="longshore-runtime-") as folder:
        path = Path(folder) / f"{RUNTIME_NAME.replace('-', '_')}-{version}-py3-none-any.whl"
        write_wheel(path, name=RUNTIME_NAME, version=version, files=runtime_files())
        stored = workshop.blobs.put([path.read_bytes()])
    return WheelInput(
        path=workshop.blobs.path(stored.digest), sha256=stored.digest, filename=path.name
    )


def built_input(built: BuiltWheel) -> WheelInput:
    """Return a wheel that was built here as an input of layers."""
    return WheelInput(path=built.path, sha256=built.sha256, filename=built.filename)


def plain_files(workshop: Workshop, project: Project) -> tuple[PlainFile, ...]:
    """Return the project's files that go into the image beside wheels.

    A project without a build backend is shipped as its tracked files; otherwise only what
    ``include`` names is, that of the configuration and that of the project.

    Raises:
        ProjectError: if an entry of ``include`` matches no tracked file.
    """
    tree, config = workshop.source, workshop.config
    entries = dict.fromkeys((*config.include, *project.include))
    patterns = [PurePosixPath(entry.rstrip("/")) for entry in entries]
    matched: set[PurePosixPath] = set()
    as_source = project.members[0].build is BuildMode.SOURCE
    chosen = []
    for file in tree.files:
        hits = {
            pattern for pattern in patterns if file.path == pattern or pattern in file.path.parents
        }
        matched |= hits
        if hits or (as_source and _is_shipped(file.path)):
            chosen.append(PlainFile.of_source(file, tree.root))
    missing = [str(pattern) for pattern in patterns if pattern not in matched]
    if missing:
        places = [f"{config.location('include')}: {entry!r}" for entry in missing]
        msg = f"{places[0]}: no tracked file matches"
        hint = "check the spelling; a file counts from `git add` on"
        raise ProjectError(msg, context=places[1:], hint=hint)
    return tuple(chosen)


def _is_shipped(path: PurePosixPath) -> bool:
    """Tell whether a file belongs to a project's source as it is shipped.

    Dot files do not, and neither do the locks that a build may write: the first one would differ
    from the second.
    """
    if path.name == PINS or is_valid_pylock_path(Path(path)):
        return False
    return not any(part.startswith(".") for part in path.parts)
