"""Where the members' build backends run: the base, and the pinned wheels on top of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from longshore.base import Base
from longshore.base.bytecode import compile_tree
from longshore.build.interface import Workshop
from longshore.config.places import name_table
from longshore.locks.pins import PinnedWheel
from longshore.types import Digest
from longshore.wheels.environment import fetch_pinned
from longshore.wheels.fetch import FetchedWheel
from longshore.wheels.hooks import BuildEnvironment
from longshore.wheels.toolbox import packages_key, unpack_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedEnvironment:
    """An environment that is known by what it is made of, and unpacked when it is opened.

    Args:
        key: of its content: the base's and the wheels'.
        wheels: that it is made of, fetched.
        open: returns where backends run.
    """

    key: Digest
    wheels: tuple[FetchedWheel, ...]
    open: Callable[[], BuildEnvironment]


def open_environment(
    workshop: Workshop, base: Base, pinned: Sequence[PinnedWheel]
) -> tuple[BuildEnvironment, tuple[FetchedWheel, ...]]:
    """Return where backends run, and the wheels that it is made of."""
    found = find_environment(workshop, base, pinned)
    return found.open(), found.wheels


def find_environment(
    workshop: Workshop, base: Base, pinned: Sequence[PinnedWheel]
) -> PinnedEnvironment:
    """Return an environment that may not have to be opened: what it builds may be known."""
    image = base.describe()
    fetched = fetch_pinned(
        pinned,
        target=image.target,
        environment=workshop.environment,
        transport=workshop.transport,
        blobs=workshop.blobs,
        memos=workshop.memos,
    )
    base_key = Digest.of("\n".join(str(layer.key) for layer in image.layers).encode())
    key = packages_key([(each.artifact.filename, each.artifact.digest) for each in fetched])
    parts = f"environment {base_key} {image.interpreter.path} {key}"
    return PinnedEnvironment(
        key=Digest.of(parts.encode()),
        wheels=fetched,
        open=partial(_open, workshop, base, fetched, base_key=base_key, key=key),
    )


def _open(
    workshop: Workshop,
    base: Base,
    fetched: Sequence[FetchedWheel],
    *,
    base_key: Digest,
    key: Digest,
) -> BuildEnvironment:
    image, rootfs = base.describe(), base.unpack()
    folder = unpack_environment(
        [(each.artifact.filename, each.artifact.digest, each.path) for each in fetched],
        workshop.directories.cache / "environments",
        python=image.interpreter.magic,
        interpreter=image.interpreter.path,
        compiler=partial(
            compile_tree, workshop.sandbox, rootfs=rootfs, interpreter=image.interpreter
        ),
    )
    return BuildEnvironment(
        sandbox=workshop.sandbox,
        rootfs=rootfs,
        interpreter=image.interpreter.path,
        base_key=base_key,
        packages=folder,
        table=name_table(workshop.root),
        packages_key=key,
    )
