"""Which engine runs an image."""

from collections.abc import Iterator, Sequence

from longshore.engines.interface import Engine
from longshore.errors import PreflightError, UsageError
from longshore.types import Event, Phase, Reporter

AUTO = "auto"
"""The first engine that works here."""

CHOICES = (AUTO, "podman", "builtin")
"""The words of ``--engine``."""


class Engines:
    """The engines of this machine, the preferred one first."""

    def __init__(self, engines: Sequence[Engine], *, reporter: Reporter) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._reporter = reporter

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

        Raises:
            PreflightError: if there is none, with the reason of each.
        """
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
            self._say(f"engine {name}", detail)
        usable = tuple(self._engines[name] for name, reason in reasons.items() if reason is None)
        if not usable:
            msg = "no engine can run images on this machine"
            context = [f"{name}: {reason}" for name, reason in reasons.items()]
            raise PreflightError(msg, context=context, hint="install podman, or allow namespaces")
        return usable

    def _say(self, subject: str, detail: str) -> None:
        # What was found is for -v; STARTED is the phase that reporters show only then.
        self._reporter.report(
            Event(kind="engine.choose", subject=f"{subject}: {detail}", phase=Phase.STARTED)
        )
