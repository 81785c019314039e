"""Bring a service up and take it down: the steps between the plan and the engines.

Whatever is started is in a record first. A program that is killed between any two steps leaves
records, from which the next ``up`` or ``down`` goes on.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from longshore.engines.choose import Engines
from longshore.engines.image import select_platform
from longshore.engines.interface import Engine, EngineError, LoadedImage, Run
from longshore.engines.plan import ServicePlan, grace_of, plan_run, plan_service
from longshore.engines.ports import find_holder, is_free
from longshore.engines.readiness import ended_error, wait_until_over, wait_until_ready
from longshore.engines.records import RunRecords
from longshore.engines.settings import declared_secrets
from longshore.errors import DeployError, LongshoreError, PreflightError
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.types import Event, Phase, Process, Project, Reporter, Secret

_PORT_WAIT = 5.0
"""Seconds that the kernel gets to release the port of a process that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What ``up`` was asked to start.

    Args:
        project: whose processes.
        layout: where the image is.
        descriptor: which image.
        settings: the user's.
        environment: the caller's, for the secrets that a process declares.
        port: for the first web process, or ``None`` for its own.
        engine: a name, or ``auto``.
    """

    project: Project
    layout: ImageLayout
    descriptor: Descriptor
    settings: Mapping[str, Secret]
    environment: Mapping[str, str]
    port: int | None
    engine: str


class Services:
    """The services of this user.

    Args:
        engines: what can run them.
        records: what is known about them.
        reporter: who hears about each step.
    """

    def __init__(self, *, engines: Engines, records: RunRecords, reporter: Reporter) -> None:
        self._engines = engines
        self._records = records
        self._reporter = reporter

    def bring_up(self, launch: Launch) -> tuple[Run, ...]:
        """Start a service in place of what runs of it now; return when it is ready.

        Raises:
            PreflightError: for a taken port or a missing engine, before anything is changed.
            DeployError: if a process does not come up; nothing of it is left running.
        """
        service = launch.project.name
        plan = plan_service(launch.project, port=launch.port)
        candidates = self._engines.usable(launch.engine)
        with self._records.locked(service, wait=lambda: self._note(service, _WAITING)):
            self._records.sweep(service)
            self._check_ports(plan, service)
            for engine in candidates:
                attempt = _Attempt(launch=launch, plan=plan, engine=engine)
                try:
                    return self._start_all(attempt)
                except EngineError as error:
                    if attempt.started or engine is candidates[-1]:
                        raise
                    self._note(f"engine {engine.name}", f"passed over: {error.message}")
        raise AssertionError  # the last candidate has returned or raised

    def take_down(
        self, service: str, *, volumes: bool = False, grace: float | None = None
    ) -> tuple[Run, ...]:
        """Stop and remove everything of a service; return what there was.

        Args:
            service: its name.
            volumes: also its data, for ever.
            grace: seconds that a process may take, instead of its own time.

        Raises:
            EngineError: if an engine fails; the processes of others are gone nevertheless.
        """
        with self._records.locked(service, wait=lambda: self._note(service, _WAITING)):
            self._records.sweep(service)
            runs = self._records.runs(service)
            self._clear(runs, grace=grace)
            if volumes:
                self._remove_volumes(service)
        return runs

    def stop(self, runs: Sequence[Run], *, grace: float | None = None) -> None:
        """Stop processes side by side; their logs stay."""
        self._each(runs, lambda run: self._stop(run, grace))

    def _start_all(self, attempt: "_Attempt") -> tuple[Run, ...]:
        launch, plan, engine = attempt.launch, attempt.plan, attempt.engine
        descriptor = select_platform(launch.layout, launch.descriptor)
        image = engine.load(launch.layout, descriptor, service=launch.project.name)
        self._replace(launch.project.name, plan)
        try:
            for process in plan.before:
                self._run_before(attempt, process, image)
            lasting = [self._start(attempt, process, image) for process in plan.lasting]
            begun = time.monotonic()
            wait_until_ready(lasting, engine)
        except LongshoreError:
            # The output of what failed stays for `logs`; nothing of it keeps running.
            self.stop(attempt.started)
            raise
        except BaseException:
            self._clear(attempt.started)
            raise
        ready = f"ready in {time.monotonic() - begun:.2f} s, {engine.name}"
        self._done("start", launch.project.name, ready)
        return tuple(lasting)

    def _run_before(self, attempt: "_Attempt", process: Process, image: LoadedImage) -> None:
        begun = time.monotonic()
        run = self._start(attempt, process, image)
        state = wait_until_over(run, attempt.engine)
        if state.exit_code != 0:
            raise ended_error(run, state, attempt.engine)
        self._note(process.name, f"finished in {time.monotonic() - begun:.2f} s")

    def _start(self, attempt: "_Attempt", process: Process, image: LoadedImage) -> Run:
        launch, engine = attempt.launch, attempt.engine
        given = launch.settings
        port = attempt.plan.ports.get(process.name)
        spec = plan_run(
            process,
            image,
            run_id=secrets.token_hex(8),
            service=launch.project.name,
            settings={**given, **declared_secrets(process.secrets, given, launch.environment)},
            port=port,
            shares_network=engine.shares_network,
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
        )
        self._records.write(run)
        try:
            engine.start(spec)
        except (EngineError, DeployError):
            self._records.remove(run)
            raise
        attempt.started.append(run)
        return run

    def _replace(self, service: str, plan: ServicePlan) -> None:
        previous = self._records.runs(service)
        running = [run for run in previous if not self._is_over(run)]
        if running:
            digest, root = running[0].image.short, running[0].root
            self._note(service, f"replaces what runs now (image {digest}, from {root})")
        self._clear(previous)
        for port in plan.ports.values():
            deadline = time.monotonic() + _PORT_WAIT
            while not is_free(port):
                if time.monotonic() > deadline:
                    raise self._taken(port)
                time.sleep(0.02)

    def _check_ports(self, plan: ServicePlan, service: str) -> None:
        own = {run.port for run in self._records.runs(service) if not self._is_over(run)}
        for port in plan.ports.values():
            if port not in own and not is_free(port):
                raise self._taken(port)

    def _taken(self, port: int) -> PreflightError:
        for service in self._records.services():
            for run in self._records.runs(service):
                if run.port == port and not self._is_over(run):
                    msg = f"port {port} is taken by process {run.process!r} of {service}"
                    hint = f"run 'longshore down' in {run.root}, or choose a port with --port"
                    return PreflightError(msg, hint=hint)
        holder = find_holder(port)
        msg = f"port {port} is taken by {holder}" if holder else f"port {port} is taken"
        return PreflightError(msg, hint="stop that program, or choose a port with --port")

    def _is_over(self, run: Run) -> bool:
        return self._engines.named(run.engine).state(run).is_over

    def _clear(self, runs: Sequence[Run], *, grace: float | None = None) -> None:
        def clear(run: Run) -> None:
            self._stop(run, grace)
            self._engines.named(run.engine).remove(run)
            self._records.remove(run)

        self._each(runs, clear)

    def _stop(self, run: Run, grace: float | None) -> None:
        if self._is_over(run):
            return
        begun = time.monotonic()
        seconds = run.grace if grace is None else grace
        self._engines.named(run.engine).stop(run, grace=seconds)
        taken = time.monotonic() - begun
        how = ", killed: its time was over" if taken > seconds else ""
        self._done("stop", f"{run.service} {run.process}", f"{taken:.2f} s{how}")

    def _remove_volumes(self, service: str) -> None:
        for engine in self._engines:
            if engine.available() is None:
                for name in engine.remove_volumes(service):
                    self._note(service, f"removed volume {name} ({engine.name})")

    def _each(self, runs: Sequence[Run], action: Callable[[Run], None]) -> None:
        if not runs:
            return
        with ThreadPoolExecutor(max_workers=len(runs)) as pool:
            futures = [pool.submit(action, run) for run in runs]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]

    def _note(self, subject: str, detail: str) -> None:
        event = Event(kind="service.note", subject=subject, phase=Phase.NOTE, detail=detail)
        self._reporter.report(event)

    def _done(self, verb: str, subject: str, detail: str) -> None:
        event = Event(kind=f"service.{verb}", subject=subject, phase=Phase.DONE, detail=detail)
        self._reporter.report(event)


_WAITING = "another longshore is busy with this service; waiting for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One try with one engine; ``started`` grows."""

    launch: Launch
    plan: ServicePlan
    engine: Engine
    started: list[Run] = field(default_factory=list)
