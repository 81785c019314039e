"""What detection answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from longshore.errors import ProjectError
from longshore.types import (
    Asgi,
    CommandLine,
    Finding,
    Process,
    ProcessKind,
    ProjectKind,
    Wsgi,
)

DOCS = "explanation/detection.md"
"""The page that has the rules."""

Origin = tuple[str, int, int]
"""The identity of an object: path, line and column of the call that makes it."""


class Evidence(IntEnum):
    """Why something is taken for a web process; the smaller, the better."""

    SAID = 0
    ENTRY_ATTRIBUTE = 1
    ENTRY_FACTORY = 2
    SCRIPT = 3
    OTHER_ATTRIBUTE = 4
    OTHER_FACTORY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that fits a process.

    Args:
        serve: what would run.
        framework: for people: ``FastAPI``.
        location: ``src/taskapi/main.py:12``.
        text: the line that decides it, shortened: ``app = FastAPI(…)``.
        evidence: how good a reason that is.
        order: among what the project says itself, which says it best.
        origin: the object's identity; two names of one object are no contest.
        port: the port that the project gives, or ``None``.
        env: what the process needs in its environment.
        kind: what it does in the life of the service.
        server: the package that the project serves it with, as far as it says.
    """

    serve: Asgi | Wsgi | CommandLine
    framework: str
    location: str
    text: str
    evidence: Evidence = Evidence.SAID
    order: int = 0
    origin: Origin | None = None
    port: int | None = None
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    kind: ProcessKind = ProcessKind.WEB
    singleton: bool = False
    server: str | None = None

    @property
    def reason(self) -> str:
        """``src/taskapi/main.py:12: app = FastAPI(…)``."""
        return f"{self.location}: {self.text}" if self.text else self.location

    @property
    def target(self) -> str:
        """What would run, on one line: ``taskapi.main:app``, ``celery -A shop worker``."""
        if isinstance(self.serve, CommandLine):
            return " ".join(self.serve.argv)
        return str(self.serve.app)

    @property
    def listing(self) -> str:
        """One line of a list of candidates."""
        return f"{self.target}  ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """A process that was found.

    Args:
        process: complete, as if it had been written in the table.
        reason: the line that decided it: ``src/taskapi/main.py:12: app = FastAPI(…)``.
        framework: for people: ``FastAPI``, ``Celery``, ``console script``.
        alternatives: what else was found and ranked lower, one line each.
    """

    process: Process
    reason: str
    framework: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that only the user can decide or repair.

    Args:
        rule: a stable identifier in kebab case: ``detect.several``.
        message: what is wrong and where, one line, lower case, no full stop.
        table: the TOML to write.
        file: where to write it: ``pyproject.toml`` or ``longshore.toml``.
        listing: the candidates, or what was looked for; one line each.
        hint: what else helps.
    """

    rule: str
    message: str
    table: str
    file: str
    listing: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def context(self) -> tuple[str, ...]:
        """The list and the table, for people."""
        head = (f"write in {self.file}:",) if self.table else ()
        lines = tuple(f"  {line}".rstrip() for line in self.table.splitlines())
        return (*(f"- {line}" for line in self.listing), *head, *lines)

    def error(self) -> ProjectError:
        """Return it as the error that stops the work."""
        return ProjectError(self.message, context=self.context, hint=self.hint, docs=DOCS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The answer.

    Args:
        processes: by name.
        problems: what stops: undecided or wrong; empty where all is clear.
        notes: what was replaced, left out or looks like a mistake; they stop nothing.
        include: files that a process needs at run time and the wheel does not have.
        file: where tables go: ``pyproject.toml`` or ``longshore.toml``.
        nothing: what to tell whoever wants to run a library; ``None`` where something runs.
    """

    processes: tuple[Detected, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Finding, ...] = ()
    include: tuple[str, ...] = ()
    file: str = "pyproject.toml"
    nothing: Problem | None = None

    @property
    def kind(self) -> ProjectKind:
        """An application has something to run, even if the user must say which."""
        found = self.processes or self.problems
        return ProjectKind.APPLICATION if found else ProjectKind.LIBRARY

    def find(self, name: str) -> Detected | None:
        """Return the process of a name."""
        return next((one for one in self.processes if one.process.name == name), None)

    def error(self) -> ProjectError | None:
        """Return all problems as one error; for a library, that there is nothing to run."""
        problems = self.problems or (() if self.processes else (self.nothing,))
        found = [problem for problem in problems if problem is not None]
        if not found:
            return None
        if len(found) == 1:
            return found[0].error()
        lines = tuple(
            line for problem in found for line in (f"{problem.message}:", *problem.context)
        )
        message = f"{len(found)} things to run can't be decided by reading"
        return ProjectError(message, context=lines, hint=found[0].hint, docs=DOCS)
