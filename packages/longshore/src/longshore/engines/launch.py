"""Bring a service up: the steps between the plan and an engine."""

import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Thread

from longshore.config import ServiceConfig
from longshore.engines.backing.proposal import propose
from longshore.engines.backing.start import BackingServices, Prepared, names_of
from longshore.engines.image import select_platform
from longshore.engines.interface import Engine, EngineError, LoadedImage, Run, Volume
from longshore.engines.plan import (
    ServicePlan,
    Supply,
    grace_of,
    plan_run,
    plan_service,
    plan_volumes,
)
from longshore.engines.ports import find_holder, is_free
from longshore.engines.readiness import ended_error, wait_until_over, wait_until_ready
from longshore.engines.service import Services
from longshore.engines.settings import PROJECT_FILE, Settings
from longshore.errors import DeployError, LongshoreError, PreflightError
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.types import CommandLine, Process, Project, Restart, Secret

_PORT_WAIT = 5.0
"""Seconds that the kernel gets to release the port of a process that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What ``up`` was asked to start.

    Args:
        project: whose processes.
        settings: the user's.
        port: for the first web process, or ``None`` for its own.
        engine: a name, or ``auto``.
        only: the names of the processes that are wanted; none for all that keep running.
        keep: whether what crashes once the service was ready is started again, as its process says.
        uses: the databases and caches that run beside them.
    """

    project: Project
    settings: Settings
    port: int | None
    engine: str
    only: tuple[str, ...] = ()
    keep: bool = True
    uses: tuple[ServiceConfig, ...] = ()

    def plan(self) -> ServicePlan:
        """Return what is started.

        Raises:
            ProjectError: if nothing of the project keeps running.
            UsageError: for a name that is not one of what keeps running.
        """
        return plan_service(self.project, only=self.only, port=self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One try with one engine; ``begun`` is what it has started or is starting.

    ``backing`` is what of that runs beside the processes, and ``variables`` what those get of it.
    """

    launch: Launch
    again: bool
    plan: ServicePlan
    engine: Engine
    begun: list[Run] = field(default_factory=list)
    backing: list[Run] = field(default_factory=list)
    variables: dict[str, Secret] = field(default_factory=dict)


class Launcher:
    """Starts services; stopping and cleaning up is the services' own.

    Args:
        services: of this user.
        backing: starts the databases and caches that a launch uses.
    """

    def __init__(self, services: Services, backing: BackingServices) -> None:
        self._services = services
        self._backing = backing

    def check(self, launch: Launch) -> ServicePlan:
        """Find out what would keep the service from starting, before an image is built.

        Returns:
            What will be started.

        Raises:
            ProjectError: if nothing of the project keeps running.
            UsageError: for a name that is not one of what keeps running.
            PreflightError: for a secret that nobody gave, a taken port or a missing engine.
        """
        plan = launch.plan()
        check_secrets(plan.processes, launch.settings, provided=names_of(launch.uses))
        engines = self._services.engines.usable(launch.engine)
        self._backing.check(launch.project, launch.uses, engines)
        self._check_ports(plan, launch.project.name)
        return plan

    def bring_up(
        self,
        launch: Launch,
        layout: ImageLayout,
        descriptor: Descriptor,
        *,
        again: bool = False,
    ) -> tuple[Run, ...]:
        """Start a service in place of what runs of it now; return when it is ready.

        Args:
            launch: what to start.
            layout: where the image is.
            descriptor: which image.
            again: after a change while it is worked on: what runs before a deploy has run already.

        Raises:
            PreflightError: for a taken port or a missing engine, before anything is changed.
            DeployError: if a process does not come up; nothing of it is left running.
        """
        service = launch.project.name
        plan = launch.plan()
        plan = replace(plan, before=()) if again else plan
        candidates = self._services.engines.usable(launch.engine)
        image = select_platform(layout, descriptor)
        with self._services.locked(service):
            self._check_ports(plan, service)
            for engine in candidates:
                attempt = _Attempt(launch=launch, again=again, plan=plan, engine=engine)
                try:
                    loaded = engine.load(layout, image, service=service)
                    uses = self._backing.prepare(launch.project, launch.uses, engine)
                    return self._start_all(attempt, loaded, uses)
                except EngineError as error:
                    if attempt.begun or attempt.backing or engine is candidates[-1]:
                        raise
                    self._services.note(f"engine {engine.name}", f"passed over: {error.message}")
        raise AssertionError  # the last candidate has returned or raised

    def _start_all(
        self, attempt: "_Attempt", image: LoadedImage, uses: Sequence[Prepared]
    ) -> tuple[Run, ...]:
        launch, plan, engine = attempt.launch, attempt.plan, attempt.engine
        previous = self._previous(launch, plan)
        if attempt.again:
            kept = {process.name for process in plan.lasting}
            self._services.clear([run for run in previous if run.process not in kept])
        else:
            self._tell_replaced(previous)
            self._services.clear(previous)
            previous = ()
        fresh = new_volumes(plan.processes, engine, launch.project.name)
        try:
            attempt.variables.update(
                self._backing.start(launch.project, uses, engine, begun=attempt.backing)
            )
            if not attempt.again:
                self._note_own(attempt)
            for process in plan.before:
                self._run_before(attempt, process, image)
            begun = time.monotonic()
            lasting = self._start_lasting(attempt, image, previous)
            wait_until_ready(lasting, engine, own_servers=_own_servers(plan))
            # From now on: what dies before that ends the service, and says why.
            self._keep(attempt, lasting)
            self._tell_volumes(launch.project.name, fresh, engine)
            ready = f"ready in {time.monotonic() - begun:.2f} s, {engine.name}"
            self._services.done("start", launch.project.name, ready)
        except LongshoreError:
            # The output of what failed stays for `logs`; nothing of it keeps running.
            # While it is worked on, what it uses waits for the next version.
            left = [*attempt.begun, *(() if attempt.again else attempt.backing)]
            self._services.give_up(left, keep_logs=True)
            raise
        except BaseException:
            self._services.give_up([*attempt.begun, *attempt.backing])
            raise
        if attempt.again:  # whoever works on the project waits for the next version, not for this
            Thread(target=engine.tidy, daemon=True).start()
        else:
            engine.tidy()
        return tuple(lasting)

    def _keep(self, attempt: "_Attempt", lasting: Sequence[Run]) -> None:
        policies = {run.process: Restart.ON_FAILURE for run in attempt.backing}
        if attempt.launch.keep:
            policies |= {process.name: process.restart for process in attempt.plan.lasting}
        runs = [run for run in (*attempt.backing, *lasting) if run.process in policies]
        self._services.keep(runs, policies)

    def _tell_volumes(self, service: str, fresh: Iterable[Volume], engine: Engine) -> None:
        for volume in fresh:
            place = engine.volume_path(service, volume.name)
            if place is not None:
                self._services.note(str(volume.target), f"kept in a new volume, {place}")

    def _start_lasting(
        self, attempt: "_Attempt", image: LoadedImage, previous: Sequence[Run]
    ) -> list[Run]:
        """Start what keeps running side by side: an engine needs a moment for each.

        Each takes the place of its own predecessor: a worker that finishes its job first keeps no
        web process waiting, and never runs twice.
        """
        processes = attempt.plan.lasting

        def start(process: Process) -> Run:
            self._services.clear([run for run in previous if run.process == process.name])
            if (port := attempt.plan.ports.get(process.name)) is not None:
                self._await_port(port)
            return self._start(attempt, process, image)

        with ThreadPoolExecutor(max_workers=len(processes)) as pool:
            starts = [pool.submit(start, each) for each in processes]
            try:
                return [each.result() for each in starts]
            except BaseException:
                # Whoever cleans up after Ctrl-C must find what is being started now.
                wait(starts)
                raise

    def _run_before(self, attempt: "_Attempt", process: Process, image: LoadedImage) -> None:
        begun = time.monotonic()
        run = self._start(attempt, process, image)
        state = wait_until_over(run, attempt.engine)
        if state.exit_code != 0:
            raise ended_error(run, state, attempt.engine)
        self._services.note(process.name, f"finished in {time.monotonic() - begun:.2f} s")

    def _start(self, attempt: "_Attempt", process: Process, image: LoadedImage) -> Run:
        launch, engine = attempt.launch, attempt.engine
        port = attempt.plan.ports.get(process.name)
        spec = plan_run(
            process,
            image,
            run_id=secrets.token_hex(8),
            service=launch.project.name,
            settings=launch.settings.select(process.secrets),
            port=port,
            shares_network=engine.shares_network,
            supply=Supply(variables=attempt.variables, networked=bool(launch.uses)),
        )
        run = Run(
            run_id=spec.run_id,
            service=spec.service,
            process=spec.process,
            engine=engine.name,
            image=image.digest,
            root=launch.project.root,
            port=port,
            created=datetime.now(UTC).replace(microsecond=0),
            grace=grace_of(process),
            volumes=spec.volumes,
        )
        self._services.records.write(run)
        attempt.begun.append(run)
        try:
            engine.start(spec)
        except (EngineError, DeployError):  # nothing of it is left
            self._services.records.remove(run)
            attempt.begun.remove(run)
            raise
        return run

    def _previous(self, launch: Launch, plan: ServicePlan) -> tuple[Run, ...]:
        """Return what is to be replaced: all processes of the service, or those that are named."""
        runs = self._services.records.runs(launch.project.name)
        previous = tuple(run for run in runs if run.backing is None)
        if not launch.only:
            return previous
        wanted = {process.name for process in plan.processes}
        return tuple(run for run in previous if run.process in wanted)

    def _tell_replaced(self, previous: Sequence[Run]) -> None:
        running = [run for run in previous if not self._services.is_over(run)]
        if running:
            digest, root = running[0].image.short, running[0].root
            text = f"replaces what runs now (image {digest}, from {root})"
            self._services.note(running[0].service, text)

    def _await_port(self, port: int) -> None:
        """Wait until the kernel has released the port of a process that has ended."""
        deadline = time.monotonic() + _PORT_WAIT
        while not is_free(port):
            if time.monotonic() > deadline:
                raise self._taken(port)
            time.sleep(0.02)

    def _note_own(self, attempt: "_Attempt") -> None:
        """Say where the user's own value keeps a service from being used."""
        for name in sorted(attempt.variables):
            for process in attempt.plan.processes:
                if name in process.env or name in attempt.launch.settings.select(process.secrets):
                    self._services.note(process.name, f"{name} is the one that it was given")

    def _check_ports(self, plan: ServicePlan, service: str) -> None:
        own = {
            run.port
            for run in self._services.records.runs(service)
            if not self._services.is_over(run)
        }
        for port in plan.ports.values():
            if port not in own and not is_free(port):
                raise self._taken(port)

    def _taken(self, port: int) -> PreflightError:
        for service in self._services.records.services():
            for run in self._services.records.runs(service):
                if run.port == port and not self._services.is_over(run):
                    msg = f"port {port} is taken by process {run.process!r} of {service}"
                    hint = f"run 'longshore down' in {run.root}, or choose a port with --port"
                    return PreflightError(msg, hint=hint)
        holder = find_holder(port)
        msg = f"port {port} is taken by {holder}" if holder else f"port {port} is taken"
        return PreflightError(msg, hint="stop that program, or choose a port with --port")


def new_volumes(processes: Iterable[Process], engine: Engine, service: str) -> tuple[Volume, ...]:
    """Return the volumes of some processes that the engine does not have yet."""
    targets = sorted({path for process in processes for path in process.writable})
    volumes = plan_volumes(targets)
    return tuple(each for each in volumes if engine.volume_path(service, each.name) is None)


def _own_servers(plan: ServicePlan) -> frozenset[str]:
    return frozenset(one.name for one in plan.lasting if isinstance(one.serve, CommandLine))


def check_secrets(
    processes: Iterable[Process], settings: Settings, *, provided: Collection[str] = ()
) -> None:
    """Raise ``PreflightError`` with every secret that a process declares and nobody gave.

    Args:
        processes: what is about to be started.
        settings: the user's.
        provided: what the databases and caches beside the processes will give.
    """
    wanting: dict[str, list[str]] = {}
    for process in processes:
        for name in set(settings.missing(process.secrets)) - set(provided):
            wanting.setdefault(name, []).append(process.name)
    if not wanting:
        return
    lines = [f"{name}, for {' and '.join(wanting[name])}" for name in sorted(wanting)]
    several = len(lines) > 1
    raise PreflightError(
        f"{len(lines)} secrets are not set" if several else f"secret {lines[0]}, is not set",
        context=lines if several else (),
        hint=f"give it with -e {min(wanting)}=..., in a file with --env-file, in {PROJECT_FILE}, "
        f"or export it{propose(wanting)}",
        docs="how-to/pass-settings.md",
    )
