"""Which engine runs an image."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from longshore.engines.builtin import BuiltinEngine
from longshore.engines.interface import Engine
from longshore.engines.podman import PodmanEngine
from longshore.engines.rootfs import RootfsCache
from longshore.errors import PreflightError, UsageError
from longshore.types import Event, Phase, Reporter

if TYPE_CHECKING:
    from longshore.build.interface import Workshop  # a build is no part of `ps`

AUTO = "auto"
"""The first engine that works here."""

CHOICES = (AUTO, "podman", "builtin")
"""The words of ``--engine``."""


def open_engines(workshop: "Workshop") -> "Engines":
    """Return every engine with the user's folders; none is asked whether it works."""
    directories = workshop.directories
    rootfs = RootfsCache(directories.cache / "rootfs" / "images", reporter=workshop.reporter)
    runs = directories.state / "runs"
    podman = PodmanEngine(
        environment=workshop.environment, folder=directories.state / "podman", runs=runs
    )
    builtin = BuiltinEngine(runs=runs, volumes=directories.data / "volumes", rootfs=rootfs)
    return Engines((podman, builtin), reporter=workshop.reporter)


def choose_engine(choice: str, workshop: "Workshop") -> Engine:
    """Return the engine that was asked for, or the first one that works here.

    Raises:
        UsageError: if there is none of that name.
        PreflightError: if it can't be used, with the reason.
    """
    return open_engines(workshop).usable(choice)[0]


class Engines:
    """The engines of this machine, the preferred one first."""

    def __init__(self, engines: Sequence[Engine], *, reporter: Reporter) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._reporter = reporter
        self._usable: dict[str, tuple[Engine, ...]] = {}

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._engines.values())

    def named(self, name: str) -> Engine:
        """Return an engine, usable or not.

        Raises:
            UsageError: if there is none of that name.
        """
        engine = self._engines.get(name)
        if engine is None:
            msg = f"no engine {name!r}"
            raise UsageError(msg, hint=f"choose one of {', '.join(self._engines)}")
        return engine

    def usable(self, choice: str) -> tuple[Engine, ...]:
        """Return the engines to try in turn: the one that was asked for, or all that work here.

        They are asked once only.

        Raises:
            PreflightError: if there is none, with the reason of each.
        """
        if choice not in self._usable:
            self._usable[choice] = self._find(choice)
        return self._usable[choice]

    def _find(self, choice: str) -> tuple[Engine, ...]:
        if choice != AUTO:
            engine = self.named(choice)
            reason = engine.available()
            if reason is not None:
                msg = f"engine {choice!r} can't be used: {reason}"
                raise PreflightError(msg, hint="leave --engine out to take one that works")
            return (engine,)
        reasons = {name: engine.available() for name, engine in self._engines.items()}
        for name, reason in reasons.items():
            detail = "works here" if reason is None else f"passed over: {reason}"
            self._say(name, detail)
        usable = tuple(self._engines[name] for name, reason in reasons.items() if reason is None)
        if not usable:
            msg = "no engine can run images on this machine"
            context = [f"{name}: {reason}" for name, reason in reasons.items()]
            raise PreflightError(msg, context=context, hint="install podman, or allow namespaces")
        return usable

    def _say(self, name: str, detail: str) -> None:
        # What was found is for -v; STARTED is the phase that reporters show only then.
        self._reporter.report(
            Event(kind="engine", subject=f"{name}: {detail}", phase=Phase.STARTED)
        )
