"""The services of this user: see them, attend to them, stop them.

Whatever is started is in a record first. A program that is killed between any two steps leaves
records, from which the next ``up`` or ``down`` goes on.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from longshore.engines.backing.passwords import Passwords
from longshore.engines.choose import Engines, open_engines
from longshore.engines.follow import Departure, Show, attend
from longshore.engines.interface import EngineError, Run, RunState, RunStatus, Volume
from longshore.engines.reasons import describe_exit
from longshore.engines.records import RunRecords
from longshore.engines.restart import RestartRule
from longshore.engines.restart_news import RestartNews
from longshore.errors import DeployError, UsageError
from longshore.types import Event, Phase, Reporter, Restart

if TYPE_CHECKING:
    from longshore.build.interface import Workshop  # a build is no part of `ps`

_WAITING = "another longshore is busy with this service; waiting for it"


def open_services(workshop: "Workshop") -> "Services":
    """Return the services of this user, from the user's folders."""
    return Services(
        engines=open_engines(workshop),
        records=RunRecords(workshop.directories.state / "runs"),
        passwords=Passwords(workshop.directories.data / "passwords"),
        reporter=workshop.reporter,
    )


class Services:
    """The services of this user.

    Args:
        engines: what can run them.
        records: what is known about them.
        passwords: what their databases were told; goes with the data.
        reporter: who hears about each step.
    """

    def __init__(
        self, *, engines: Engines, records: RunRecords, passwords: Passwords, reporter: Reporter
    ) -> None:
        self.engines = engines
        self.records = records
        self.passwords = passwords
        self._reporter = reporter

    def attend(
        self,
        runs: Sequence[Run],
        *,
        show: Show,
        ready: Callable[[], None],
        departure: Departure | None = None,
    ) -> None:
        """Show the output of a service until Ctrl-C or until one of its processes ends.

        Then the service is stopped, the rest of its output shown, and everything removed.

        Args:
            runs: what was started.
            show: prints a line.
            ready: called first, when Ctrl-C will already be heeded.
            departure: ends the attendance; then everything goes on, and nothing is removed.

        Raises:
            DeployError: if a process has ended by itself.
            KeyboardInterrupt: after a second Ctrl-C.
        """
        service, engine = runs[0].service, self.engines.named(runs[0].engine)
        by_name = {run.process: run for run in runs}
        used = [run for run in self.records.runs(service) if run.backing is not None]
        ended = error = None
        try:
            streams = {run.process: engine.logs(run, follow=True) for run in runs}
            ended = attend(
                streams,
                show=show,
                ready=ready,
                stop=lambda: self.stop(runs),
                kill=lambda: self.stop(runs, grace=0),
                departure=departure,
                is_done=lambda name: self._is_done(by_name[name]),
                look=RestartNews(engine, [*runs, *used], tell=self.note).look,
            )
        finally:
            if departure is None or not departure.is_taken:
                with self.locked(service):
                    error = self._end_attended(runs, ended)
        if error is not None:
            raise error

    def keep(self, runs: Sequence[Run], policies: Mapping[str, Restart]) -> None:
        """From now on, start each process again when it ends, as its policy says."""
        rules = {run.process: RestartRule.of(policies[run.process]) for run in runs}

        def keep(run: Run) -> None:
            rule = rules[run.process]
            if rule is not None:
                self.engines.named(run.engine).keep(run, rule)

        self._each(runs, keep)

    def _is_done(self, run: Run) -> bool:
        """Tell whether a process has ended because its work was done; a server never has."""
        state = self._state(run)
        done = run.port is None and state.status is RunStatus.EXITED and state.exit_code == 0
        if done:
            self.note(run.process, "has done its work (exited with code 0)")
        return done

    def _end_attended(self, runs: Sequence[Run], ended: str | None) -> DeployError | None:
        service = runs[0].service
        if not any(self.records.is_current(service, run.process, run.run_id) for run in runs):
            self.note(service, "was replaced or taken down by another longshore")
            return None
        run = next((run for run in runs if run.process == ended), None)
        state = None if run is None else self.engines.named(run.engine).state(run)
        # What another `up` has started of the same service goes on.
        own = {run.run_id for run in runs}
        left = self.records.runs(service)
        ended_runs = [run for run in left if run.run_id in own or self.is_over(run)]
        others = [run for run in left if run not in ended_runs and run.backing is None]
        self.clear(ended_runs if others else left)
        if run is None or state is None:
            return None
        count = state.restarts.count
        how = describe_exit(state) + (f", after {count} restarts" if count else "")
        msg = f"{service}: process {run.process!r} {how}; the others were stopped"
        return DeployError(msg)

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
        with self.locked(service):
            runs = self.records.runs(service)
            self.clear(runs, grace=grace)
            if volumes:
                self._remove_volumes(service)
        return runs

    def observe(self, service: str | None = None) -> tuple[tuple[Run, RunState], ...]:
        """Return what is known of one service, or of all, and how it is now."""
        services = self.records.services() if service is None else (service,)
        runs = [run for each in services for run in self.records.runs(each)]
        return tuple((run, self._state(run)) for run in runs)

    def volumes(self, run: Run) -> tuple[tuple[Volume, Path | None], ...]:
        """Return a run's volumes, each with its folder where the engine can say that."""
        return tuple((volume, self._volume_path(run, volume)) for volume in run.volumes)

    def _volume_path(self, run: Run, volume: Volume) -> Path | None:
        try:
            return self.engines.named(run.engine).volume_path(run.service, volume.name)
        except EngineError:  # its engine was removed since, say
            return None

    def stop(self, runs: Sequence[Run], *, grace: float | None = None) -> None:
        """Stop processes side by side, then what they use; their logs stay."""
        for group in _in_order(runs):
            self._each(group, lambda run: self._stop(run, grace))

    def select(self, root: Path, process: str | None = None) -> tuple[Run, ...]:
        """Return what was started from a project's folder: all of it, or one process.

        Raises:
            UsageError: if there is nothing, or nothing of that name.
        """
        services = self.records.services_of(root)
        runs = tuple(run for service in services for run in self.records.runs(service))
        if not runs:
            msg = f"nothing of {root} was started"
            raise UsageError(msg, hint="start it: longshore up")
        chosen = tuple(run for run in runs if process in (None, run.process))
        if not chosen:
            msg = f"no process {process!r} was started"
            raise UsageError(msg, hint=f"choose one of {', '.join(run.process for run in runs)}")
        return chosen

    @contextmanager
    def locked(self, service: str) -> Iterator[None]:
        """Hold the lock of a service: nobody else starts or stops anything of it."""
        with self.records.locked(service, wait=lambda: self.note(service, _WAITING)):
            self.records.sweep(service)
            yield

    def is_over(self, run: Run) -> bool:
        """Tell whether a run has ended."""
        return self._state(run).is_over

    def clear(self, runs: Sequence[Run], *, grace: float | None = None) -> None:
        """Stop processes side by side, then what they use; remove them with their records."""
        for group in _in_order(runs):
            self._each(group, lambda run: self._remove(run, grace))

    def give_up(self, runs: Sequence[Run], *, keep_logs: bool = False) -> None:
        """Stop what was begun, also over another Ctrl-C, which kills it.

        Args:
            runs: what was begun.
            keep_logs: whether it stays, with its records, for people to read why.
        """
        action = self.stop if keep_logs else self.clear
        try:
            action(runs)
        except KeyboardInterrupt:
            self.note(runs[0].service, "killing what does not stop")
            action(runs, grace=0)
            raise

    def _state(self, run: Run) -> RunState:
        try:
            return self.engines.named(run.engine).state(run)
        except EngineError as error:  # its engine was removed since, say
            return RunState(status=RunStatus.UNKNOWN, error=error.message)

    def _remove(self, run: Run, grace: float | None) -> None:
        engine = self.engines.named(run.engine)
        try:
            self._stop(run, grace)
            engine.remove(run)
        except EngineError as error:
            if engine.available() is None:
                raise
            # An engine that is gone for good must not hold the service back for ever.
            left = f"left process {run.process!r} to {engine.name}, which can't be used"
            self.note(run.service, f"{left}: {error.message}")
        self.records.remove(run)

    def _stop(self, run: Run, grace: float | None) -> None:
        if self.is_over(run):
            return
        begun = time.monotonic()
        seconds = run.grace if grace is None else grace
        self.engines.named(run.engine).stop(run, grace=seconds)
        taken = time.monotonic() - begun
        how = ", killed: its time was over" if taken > seconds else ""
        self.done("stop", f"{run.service} {run.process}", f"{taken:.2f} s{how}")

    def _remove_volumes(self, service: str) -> None:
        for engine in self.engines:
            if engine.available() is None:
                for name in engine.remove_volumes(service):
                    self.note(service, f"removed volume {name} ({engine.name})")
        self.passwords.remove(service)

    def _each(self, runs: Sequence[Run], action: Callable[[Run], None]) -> None:
        if not runs:
            return
        with ThreadPoolExecutor(max_workers=len(runs)) as pool:
            futures = [pool.submit(action, run) for run in runs]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]

    def note(self, subject: str, detail: str) -> None:
        """Report something worth knowing."""
        event = Event(kind="service.note", subject=subject, phase=Phase.NOTE, detail=detail)
        self._reporter.report(event)

    def done(self, verb: str, subject: str, detail: str) -> None:
        """Report a finished step."""
        event = Event(kind=f"service.{verb}", subject=subject, phase=Phase.DONE, detail=detail)
        self._reporter.report(event)


def _in_order(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Return the processes, and what they use: that goes on until the last of them has ended."""
    return (
        [run for run in runs if run.backing is None],
        [run for run in runs if run.backing is not None],
    )
