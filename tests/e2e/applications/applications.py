"""The applications of others that are built and run, read from ``applications.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from longshore.types import Digest, parse_name

HERE = Path(__file__).resolve().parent
LIST = HERE / "applications.toml"
LOCKS = HERE / "locks"

BUILTIN, PODMAN = "builtin", "podman"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request and the answer that shows that an application works.

    Args:
        path: with its query.
        status: of the answer.
        has: what its body contains.
    """

    path: str
    has: str
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command in the image and what it prints.

    Args:
        argv: its words.
        has: what its output contains.
    """

    argv: tuple[str, ...]
    has: str


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application.

    Args:
        name: of the project on PyPI.
        version: exact.
        kind: its framework, or what it is.
        sdist: the SHA-256 digest of its source distribution.
        ask: requests to the service that ``up`` has started.
        says: what its log says by itself after a while.
        run: commands for ``run``.
        settings: given with ``-e``: what the application itself requires.
        requires: the names among those without which its code can't be imported.
        table: what has to be written; empty for most.
        engines: that run it each time; the others on demand.
        prints: what ``up`` says about what it has chosen.
        folder: of the project in the sdist.
        ships: the lock that the sdist itself has: ``uv.lock``.
    """

    name: str
    version: str
    kind: str
    sdist: Digest
    ask: tuple[Question, ...] = ()
    says: tuple[str, ...] = ()
    run: tuple[Command, ...] = ()
    settings: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    table: str = ""
    engines: tuple[str, ...] = (BUILTIN,)
    prints: str = ""
    folder: str = "."
    ships: str = ""

    @cached_property
    def lock(self) -> Path | None:
        """The committed lock: hashed requirements without addresses; none beside its own."""
        return None if self.ships else LOCKS / f"{self.name}.txt"

    @property
    def shown(self) -> str:
        """What shows that it works, for people."""
        if self.run:
            return " ".join(self.run[0].argv)
        return self.ask[0].path if self.ask else self.says[0]

    @property
    def image(self) -> str:
        """The name of its image: that of the project, or of the folder that has no name."""
        return self.name if self.folder == "." else parse_name(Path(self.folder).name)


def read_applications(path: Path = LIST) -> tuple[Application, ...]:
    """Return all applications, in the order of the file."""
    document = tomllib.loads(path.read_text("utf-8"))
    return tuple(_application(entry) for entry in document["application"])


def _application(entry: dict[str, Any]) -> Application:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    values["sdist"] = Digest("sha256", entry["sdist"])
    values["ask"] = tuple(Question(**each) for each in entry.get("ask", ()))
    values["run"] = tuple(
        Command(argv=tuple(each["argv"]), has=each["has"]) for each in entry.get("run", ())
    )
    return Application(**values)
