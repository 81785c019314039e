"""Backing services for one command of ``run``: those that run, else started and stopped with it."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from longshore.config import ServiceConfig
from longshore.engines.backing.start import BackingServices, check_names
from longshore.engines.interface import Engine, Run
from longshore.engines.service import Services
from longshore.types import Project, Secret

_LOCK = ".borrowers"
"""Held, shared, by every command that uses what ``up`` did not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lending:
    """What a command may use.

    Args:
        services: the services of this user.
        backing: starts what is missing.
        wanted: what the project is configured to use.
    """

    services: Services
    backing: BackingServices
    wanted: tuple[ServiceConfig, ...]

    def order(self, project: Project, engines: Sequence[Engine]) -> tuple[Engine, ...]:
        """Return the engines with the one first that runs the services already.

        From the network of another engine they could not be reached.
        """
        has_them = {run.engine for run in self._runs(project) if not self.services.is_over(run)}
        return tuple(sorted(engines, key=lambda engine: engine.name not in has_them))

    @contextmanager
    def lend(self, project: Project, engine: Engine) -> Iterator[Mapping[str, Secret]]:
        """Give what the command gets in its environment, while its services run.

        Raises:
            ProjectError: if an image can't be had and nothing stands in for it.
            DeployError: if a service does not come up; nothing of it is left.
        """
        if not self.wanted:
            yield {}
            return
        check_names(project, self.wanted)
        with self.services.locked(project.name):
            borrower = self._borrow(project)
            begun: list[Run] = []
            try:
                prepared = self.backing.prepare(project, self.wanted, engine)
                variables = self.backing.start(
                    project, prepared, engine, begun=begun, borrowed=True
                )
            except BaseException:
                borrower.close()
                self.services.clear(begun)
                raise
        try:
            yield variables
        finally:
            borrower.close()
            with self.services.locked(project.name):
                self._give_back(project)

    def _borrow(self, project: Project) -> IO[str]:
        file = self._lock(project).open("a", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def _give_back(self, project: Project) -> None:
        """Stop what was started for commands, unless another one still uses it."""
        with self._lock(project).open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            borrowed = [run for run in self._runs(project) if run.backing and run.backing.borrowed]
            self.services.clear(borrowed)

    def _lock(self, project: Project) -> Path:
        return self.services.records.folder(project.name) / _LOCK

    def _runs(self, project: Project) -> tuple[Run, ...]:
        runs = self.services.records.runs(project.name)
        return tuple(run for run in runs if run.backing is not None)
