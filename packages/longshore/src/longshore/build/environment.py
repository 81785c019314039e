"""Where the members' build backends run: the base, and the pinned wheels on top of it."""

from collections.abc import Sequence
from functools import partial

from longshore.base import Base
from longshore.base.bytecode import compile_tree
from longshore.build.interface import Workshop
from longshore.locks.pins import PinnedWheel
from longshore.types import Digest
from longshore.wheels.environment import fetch_pinned
from longshore.wheels.fetch import FetchedWheel
from longshore.wheels.hooks import BuildEnvironment
from longshore.wheels.toolbox import packages_key, unpack_environment


def open_environment(
    workshop: Workshop, base: Base, pinned: Sequence[PinnedWheel]
) -> tuple[BuildEnvironment, tuple[FetchedWheel, ...]]:
    """Return where backends run, and the wheels that it is made of."""
    image = base.describe()
    fetched = fetch_pinned(
        pinned,
        target=image.target,
        environment=workshop.environment,
        transport=workshop.transport,
        blobs=workshop.blobs,
        memos=workshop.memos,
    )
    wheels = [(each.artifact.filename, each.artifact.digest, each.path) for each in fetched]
    rootfs = base.unpack()
    folder = unpack_environment(
        wheels,
        workshop.directories.cache / "environments",
        python=image.interpreter.magic,
        interpreter=image.interpreter.path,
        compiler=partial(
            compile_tree, workshop.sandbox, rootfs=rootfs, interpreter=image.interpreter
        ),
    )
    environment = BuildEnvironment(
        sandbox=workshop.sandbox,
        rootfs=rootfs,
        interpreter=image.interpreter.path,
        base_key=Digest.of("\n".join(str(layer.key) for layer in image.layers).encode()),
        packages=folder,
        packages_key=packages_key([(name, digest) for name, digest, _ in wheels]),
    )
    return environment, fetched
