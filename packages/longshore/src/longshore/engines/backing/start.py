"""Start what the processes use, and leave alone what runs as it should."""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from longshore.config import ServiceConfig
from longshore.engines.backing.account import (
    Account,
    account_of,
    needs_password,
    public_address,
    variables_of,
)
from longshore.engines.backing.passwords import Passwords
from longshore.engines.backing.plan import GRACE, FoundImage, key_of, plan_backing
from longshore.engines.backing.readiness import wait_until_answering
from longshore.engines.backing.source import ImageSource, WorkshopSource
from longshore.engines.interface import Backing, Engine, EngineError, Run
from longshore.engines.ports import find_free_port, is_free
from longshore.engines.service import Services
from longshore.errors import DeployError, ProjectError
from longshore.types import Project, Secret

if TYPE_CHECKING:
    from longshore.build.interface import Workshop

_TABLE = "tool.longshore.services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A service of which everything is here that it takes to start it."""

    service: ServiceConfig
    found: FoundImage
    account: Account

    @property
    def key(self) -> str:
        """A digest of everything that decides how it runs."""
        return key_of(self.service, self.found, self.account)


def open_backing(services: Services, workshop: "Workshop") -> "BackingServices":
    """Return what starts the backing services of a project."""
    return BackingServices(services, WorkshopSource(workshop), services.passwords)


class BackingServices:
    """Starts backing services; stopping them is the services' own.

    Args:
        services: the services of this user.
        source: finds what they are run from.
        passwords: those that were made up.
    """

    def __init__(self, services: Services, source: ImageSource, passwords: Passwords) -> None:
        self._services = services
        self._source = source
        self._passwords = passwords

    def check(
        self, project: Project, wanted: Iterable[ServiceConfig], engines: Sequence[Engine]
    ) -> None:
        """Find out what would keep them from starting, as far as that takes no network.

        Raises:
            ProjectError: for a name that a process has, or an image that nothing stands in for
                where no engine could run it.
        """
        wanted = tuple(wanted)
        check_names(project, wanted)
        for service in wanted:
            self._source.check(service, engines)

    def prepare(
        self, project: Project, wanted: Iterable[ServiceConfig], engine: Engine
    ) -> tuple[Prepared, ...]:
        """Fetch or assemble what is needed, and change nothing that runs.

        Raises:
            ProjectError: if an image can't be had and nothing stands in for it.
            EngineError: if the engine fails.
        """
        running = {run.process for run in self._runs(project.name) if run.engine == engine.name}
        prepared = []
        for service in wanted:
            found = self._source.find(
                service, engine, project=project.name, pull=service.name not in running
            )
            made = None
            if needs_password(service):
                made = self._passwords.get(project.name, service.name)
            account = account_of(service, made)
            prepared.append(Prepared(service=service, found=found, account=account))
        return tuple(prepared)

    def start(
        self,
        project: Project,
        prepared: Sequence[Prepared],
        engine: Engine,
        *,
        begun: list[Run],
        borrowed: bool = False,
    ) -> Mapping[str, Secret]:
        """Start what does not run, and return what the processes get in their environment.

        Args:
            project: whose services.
            prepared: all of them; others that run are stopped, unless ``borrowed``.
            engine: runs them.
            begun: what was started is added to it, before it is.
            borrowed: for one command: what runs is used as it is.

        Raises:
            DeployError: if one does not come up.
        """
        present = {run.process: run for run in self._runs(project.name)}
        kept = self._kept(present, prepared, engine, borrowed=borrowed)
        if not borrowed:
            gone = [run for name, run in present.items() if name not in kept]
            self._services.clear(gone)
            for run in kept.values():
                self._adopt(run)
        started = time.monotonic()
        ports = {name: run.port or 0 for name, run in kept.items()}
        fresh: dict[Run, Prepared] = {}
        for each in prepared:
            if each.service.name not in kept:
                port = _port(present.get(each.service.name))
                run = self._start(project, each, engine, port=port, borrowed=borrowed, begun=begun)
                fresh[run] = each
                ports[each.service.name] = port
        wait_until_answering(
            {run: (each.service.kind, each.account) for run, each in fresh.items()}, engine
        )
        taken = f"ready in {time.monotonic() - started:.2f} s"
        for run in fresh:
            self._services.done("start", run.process, f"{run.url}, {taken}")
        return _variables(prepared, ports, shares_network=engine.shares_network)

    def _kept(
        self,
        present: Mapping[str, Run],
        prepared: Iterable[Prepared],
        engine: Engine,
        *,
        borrowed: bool,
    ) -> dict[str, Run]:
        kept = {}
        for each in prepared:
            run = present.get(each.service.name)
            if run is None or run.backing is None or run.engine != engine.name:
                continue
            if (borrowed or run.backing.key == each.key) and not self._services.is_over(run):
                kept[run.process] = run
        return kept

    def _start(
        self,
        project: Project,
        prepared: Prepared,
        engine: Engine,
        *,
        port: int,
        borrowed: bool,
        begun: list[Run],
    ) -> Run:
        service, found = prepared.service, prepared.found
        if found.stand_in:
            why = f"{found.stand_in} stands in for {service.image}: {found.reason}"
            self._services.note(service.name, why)
        spec = plan_backing(
            service,
            found,
            prepared.account,
            run_id=secrets.token_hex(8),
            project=project.name,
            port=port,
            shares_network=engine.shares_network,
        )
        address = public_address(service, prepared.account, port=port)
        run = Run(
            run_id=spec.run_id,
            service=spec.service,
            process=spec.process,
            engine=engine.name,
            image=found.image.digest,
            root=project.root,
            port=port,
            created=datetime.now(UTC).replace(microsecond=0),
            grace=GRACE,
            volumes=spec.volumes,
            backing=Backing(key=prepared.key, address=address, borrowed=borrowed),
        )
        self._services.records.write(run)
        begun.append(run)
        try:
            engine.start(spec)
        except (EngineError, DeployError):  # nothing of it is left
            self._services.records.remove(run)
            begun.remove(run)
            raise
        return run

    def _adopt(self, run: Run) -> None:
        """Keep what was started for one command."""
        if run.backing is not None and run.backing.borrowed:
            self._services.records.write(replace(run, backing=replace(run.backing, borrowed=False)))

    def _runs(self, project: str) -> list[Run]:
        return [run for run in self._services.records.runs(project) if run.backing is not None]


def names_of(wanted: Iterable[ServiceConfig]) -> frozenset[str]:
    """Return the variables that services give to the processes."""
    return frozenset(name for service in wanted for name in service.addresses)


def check_names(project: Project, wanted: Iterable[ServiceConfig]) -> None:
    """Refuse a service with the name of a process, which may come from detection.

    Raises:
        ProjectError: with the name.
    """
    taken = {process.name for process in project.processes}
    for service in wanted:
        if service.name in taken:
            msg = f"{_TABLE}.{service.name}: a process has that name"
            raise ProjectError(msg, hint="call the service otherwise")


def _port(before: Run | None) -> int:
    """Return the port that a service had before, else any: clients may remember it."""
    if before is not None and before.port is not None and is_free(before.port):
        return before.port
    return find_free_port()


def _variables(
    prepared: Iterable[Prepared], ports: Mapping[str, int], *, shares_network: bool
) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for each in prepared:
        service = each.service
        host = "127.0.0.1" if shares_network else service.name
        port = ports[service.name] if shares_network else service.port
        found |= variables_of(service, each.account, host=host, port=port)
    return found
