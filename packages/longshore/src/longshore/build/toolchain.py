"""Where wheels are built: in the base, or in the base with a compiler where that is needed."""

from dataclasses import dataclass, field

from longshore.base import Base
from longshore.base.opening import lock_base
from longshore.build.bases import choose_base, open_with
from longshore.build.interface import Workshop
from longshore.build.pins import find_toolchain, missing_toolchain, needs_toolchain
from longshore.errors import LockError
from longshore.locks.pins import BasePins, Pins
from longshore.types import Platform


@dataclass(kw_only=True)
class BuildRoots:
    """The root file systems that wheels are built in, opened when one is first asked for.

    Args:
        workshop: the project and the tools.
        base: the image's.
        pins: the content of ``longshore.lock``.
        may_lock: whether a toolchain that is not pinned is pinned now, else it is an error.
        upgrade: whether one that is pinned is pinned again.
        toolchain: the pins of the toolchain, once something needed it.
    """

    workshop: Workshop
    base: Base
    pins: Pins
    may_lock: bool = False
    upgrade: bool = False
    toolchain: BasePins | None = None
    _opened: Base | None = field(default=None, repr=False)

    def of_members(self) -> Base:
        """Return where first-party wheels are built.

        Raises:
            LockError: if it needs a toolchain that is not pinned.
        """
        return self._choose(compiled=False)

    def of_sdist(self, *, compiled: bool) -> Base:
        """Return where a source distribution is built.

        Raises:
            LockError: if it needs a toolchain that is not pinned.
        """
        return self._choose(compiled=compiled)

    def pin(self) -> BasePins:
        """Return the pins of the toolchain; nothing is unpacked for it.

        Raises:
            LockError: if it is not pinned, and may not be, or a package is missing.
            TransportError: if a mirror can't be reached.
        """
        if self.toolchain is None:
            self.toolchain = self._pinned()
        return self.toolchain

    def _choose(self, *, compiled: bool) -> Base:
        if not needs_toolchain(self.workshop, compiled=compiled):
            return self.base
        if self._opened is None:
            self._opened = open_toolchain(self.workshop, self.pin())
        return self._opened

    def _pinned(self) -> BasePins:
        known = None if self.upgrade else find_toolchain(self.workshop, self.pins)
        if known is not None:
            return known
        if self.may_lock:
            return lock_toolchain(self.workshop)
        (line,) = missing_toolchain(self.workshop, self.pins)
        msg = f"longshore.lock: the {line}"
        raise LockError(msg, hint="run `longshore lock`")


def lock_toolchain(workshop: Workshop) -> BasePins:
    """Pin the toolchain as it is now.

    Raises:
        LockError: if a package is missing or a dependency can't be satisfied.
        TransportError: if a mirror can't be reached.
    """
    return lock_base(
        choose_base(workshop.project, workshop.config),
        platform=Platform.host(),
        packages=workshop.config.build_packages or (),
        transport=workshop.transport,
        store=workshop.blobs,
        mirrors=workshop.config.mirrors,
        toolchain=True,
    )


def open_toolchain(workshop: Workshop, pins: BasePins) -> Base:
    """Open a toolchain; nothing is fetched or unpacked before it is asked for."""
    known = Pins(toolchains=(pins,))
    return open_with(workshop, pins.reference, pins=known, packages=pins.extra, toolchain=True)
