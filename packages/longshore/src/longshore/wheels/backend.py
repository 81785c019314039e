"""Build first-party wheels by their PEP 517 backend, in the sandbox, with the network off.

The backend runs on the base's own Python, in an environment of pinned wheels that is unpacked once
and cached. It sees a copy of the member's tracked files and nothing else of the host.
"""

import json
import shutil
import tempfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Member, SourceTree
from longshore.wheels.built import BuiltWheel, build_once
from longshore.wheels.hooks import (
    LEGACY_BACKEND,
    Backend,
    BuildEnvironment,
    HookResult,
    check_requirements,
    run_backend,
)
from longshore.wheels.produced import open_wheel
from longshore.wheels.refusals import failure_hint, missing_hint
from longshore.wheels.told import asks_git, mark_archive, version_environment

FORMAT = 1
"""Part of every cached wheel's key: raised when the same inputs would give another wheel."""

_EXECUTABLE = 0o111


def dynamic_requirements(
    member: Member, tree: SourceTree, environment: BuildEnvironment
) -> tuple[str, ...]:
    """Ask a backend which requirements it wants beyond the static ones; nothing is built.

    Raises:
        WheelError: if the backend fails.
    """
    with tempfile.TemporaryDirectory(prefix="longshore-build-") as folder:
        return _run(member, tree, environment, Path(folder), build=False).requires


def build_wheel(
    member: Member,
    tree: SourceTree,
    environment: BuildEnvironment,
    *,
    blobs: BlobStore,
    memos: MemoStore,
) -> BuiltWheel:
    """Return a member's wheel, from the cache if nothing that decides it has changed.

    Raises:
        WheelError: if the backend fails, asks for a requirement that is not pinned, or gives
            something else than a wheel of that member.
    """

    def build(folder: Path) -> tuple[str, IO[bytes]]:
        result = _run(member, tree, environment, folder, build=True)
        check_requirements(member.name, result.requires, environment.packages)
        file = open_wheel(
            folder / "output",
            result.filename,
            subject=member.name,
            name=member.name,
            hint="check project.name and the backend's settings",
        )
        return result.filename, file

    key = _wheel_key(member, tree, environment)
    return build_once(member.name, key, build, blobs=blobs, memos=memos)


def member_files(member: Member, tree: SourceTree) -> SourceTree:
    """Return the part of a source tree that belongs to a member, with paths below its root."""
    if member.root == tree.root:
        return tree
    prefix = PurePosixPath(member.root.relative_to(tree.root).as_posix())
    kept = [
        type(file)(path=file.path.relative_to(prefix), mode=file.mode, sha256=file.sha256)
        for file in tree.files
        if file.path.is_relative_to(prefix)
    ]
    return SourceTree(root=member.root, files=tuple(kept), revision=tree.revision, dirty=tree.dirty)


def _wheel_key(member: Member, tree: SourceTree, environment: BuildEnvironment) -> Digest:
    parts = {
        "format": FORMAT,
        "member": member.name,
        "backend": member.backend or LEGACY_BACKEND,
        "backend-path": list(member.backend_path),
        "source": str(member_files(member, tree).digest),
        "base": str(environment.base_key),
        "interpreter": str(environment.interpreter),
        "packages": str(environment.packages_key),
    }
    if asks_git(member) or member.told_version is not None:
        parts["git"] = [tree.revision is not None, member.told_version]
    return Digest.of(b"wheel " + json.dumps(parts, sort_keys=True).encode())


def copy_source(tree: SourceTree, target: Path) -> None:
    """Copy the files of a source tree into a folder."""
    for file in tree.files:
        source, copy = tree.root / file.path, target / file.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.symlink_to(source.readlink())
        else:
            shutil.copyfile(source, copy)
            copy.chmod(0o755 if file.mode & _EXECUTABLE else 0o644)


def _run(
    member: Member, tree: SourceTree, environment: BuildEnvironment, folder: Path, *, build: bool
) -> HookResult:
    source, output = folder / "source", folder / "output"
    source.mkdir()
    output.mkdir()
    files = member_files(member, tree)
    copy_source(files, source)
    if tree.revision is not None:
        mark_archive(member, source)
    backend = Backend(
        subject=member.name,
        name=member.backend or "",
        path=member.backend_path,
        missing=missing_hint(member),
        failed=partial(failure_hint, member, files, table=environment.table),
        env=version_environment(member),
    )
    return run_backend(backend, environment, source, output, build=build)
