"""The environment that build backends run in: resolved when locking, fetched when building."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from longshore.errors import LockError
from longshore.locks import LockedPackage, PackageSource, Selection, SourceKind
from longshore.locks.pins import PinnedWheel
from longshore.locks.requirements import HashedRequirements
from longshore.net import Transport
from longshore.oci.blobs import BlobStore
from longshore.oci.memos import MemoStore
from longshore.types import Target
from longshore.wheels.choose import choose_wheels
from longshore.wheels.fetch import FetchedWheel, fetch_wheels
from longshore.wheels.index import SimpleIndex, choose_indexes, locate_artifacts
from longshore.wheels.resolve import resolve_requirements


def resolve_environment(
    requires: Sequence[str], *, target: Target, environment: Mapping[str, str], subject: str
) -> tuple[PinnedWheel, ...]:
    """Resolve ``[build-system] requires`` to pinned wheels, sorted by name.

    Args:
        requires: PEP 508 requirements.
        target: the base that the backend runs on.
        environment: names the index, and what uv may read.
        subject: for messages: ``build requirements of taskapi``.

    Raises:
        LockError: if there is no solution, or the index can't be reached.
    """
    if not requires:
        return ()
    text = resolve_requirements(
        requires,
        python=target.python,
        index_url=choose_indexes(environment)[0],
        environment=environment,
        subject=subject,
    )
    with tempfile.TemporaryDirectory(prefix="longshore-lock-") as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(text, "utf-8")
        lock = HashedRequirements().read(path, path.parent, environment)
    if lock is None:
        msg = f"{subject}: uv gave no requirements"
        raise LockError(msg)
    return tuple(
        PinnedWheel(
            name=package.name,
            version=package.version or "",
            sha256s=tuple(sorted(digest for digest in package.hashes)),
        )
        for package in lock.select(target).packages
    )


def fetch_pinned(
    pinned: Sequence[PinnedWheel],
    *,
    target: Target,
    environment: Mapping[str, str],
    transport: Transport,
    blobs: BlobStore,
    memos: MemoStore,
) -> tuple[FetchedWheel, ...]:
    """Return the files of pinned wheels for a target, sorted by name.

    Raises:
        WheelError: if one has no wheel for the target, or a file is not the pinned one.
        TransportError: if one can't be fetched.
    """
    packages = tuple(
        LockedPackage(
            name=each.name,
            version=each.version,
            source=PackageSource(kind=SourceKind.REGISTRY),
            hashes=each.sha256s,
        )
        for each in pinned
    )
    selection = Selection(
        target=target,
        packages=packages,
        members=(),
        reasons={package.name: (package.name,) for package in packages},
    )
    index = SimpleIndex(transport, choose_indexes(environment), memos=memos, store=blobs)
    located = locate_artifacts(selection, index)
    return fetch_wheels(choose_wheels(located, target), transport=transport, store=blobs)
