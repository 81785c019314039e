"""Changes of files, and the versions of a service that come from them."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread, main_thread

import pytest

from longshore.engines.backing.passwords import Passwords
from longshore.engines.backing.start import BackingServices
from longshore.engines.choose import Engines
from longshore.engines.interface import LogStream, Run, RunSpec
from longshore.engines.launch import Launch, Launcher
from longshore.engines.ports import find_free_port
from longshore.engines.records import RunRecords
from longshore.engines.service import Services
from longshore.engines.settings import Settings
from longshore.engines.watch import FileWatcher, Rebuilder, Update, attend_to_versions
from longshore.errors import LongshoreError, ProjectError
from longshore.oci.descriptor import Descriptor, MediaType
from longshore.oci.layout import ImageLayout
from longshore.testing.engine import MemoryEngine
from longshore.testing.services import MemorySource
from longshore.types import (
    CommandLine,
    Digest,
    NullReporter,
    Process,
    ProcessKind,
    Project,
    ProjectKind,
    parse_name,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project's folder outside any repository."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text("1")
    (folder / "src" / "old.py").write_text("1")
    return folder


def names(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]


def test_changed_file_is_noticed_once(tree: Path) -> None:
    watcher = FileWatcher(tree)
    (tree / "src" / "app.py").write_text("22")
    assert names(watcher.wait(Event())) == ["app.py"]
    (tree / "src" / "app.py").write_text("333")
    (tree / "src" / "old.py").unlink()
    assert names(watcher.wait(Event())) == ["app.py", "old.py"]


def test_file_that_keeps_its_size_or_is_replaced_is_noticed(tree: Path) -> None:
    watcher = FileWatcher(tree)
    (tree / "src" / "app.py").write_text("2")
    os.utime(tree / "src" / "app.py", ns=(0, 7))
    assert names(watcher.wait(Event())) == ["app.py"]


def test_settings_of_the_project_and_new_files_are_noticed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longshore.engines.watch._LISTING", 0)
    watcher = FileWatcher(tree, tree)
    (tree / ".env").write_text("A=1")
    assert names(watcher.wait(Event())) == [".env"]
    (tree / "src" / "new.py").write_text("1")
    assert names(watcher.wait(Event())) == ["new.py"]


def test_what_no_build_reads_is_not_looked_at(tree: Path) -> None:
    watcher = FileWatcher(tree)
    (tree / "src" / "__pycache__").mkdir()
    (tree / "src" / "__pycache__" / "app.pyc").write_text("1")
    (tree / "src" / "app.py").write_text("22")
    assert names(watcher.wait(Event())) == ["app.py"]


def test_nothing_is_waited_for_after_the_end(tree: Path) -> None:
    stop = Event()
    stop.set()
    assert FileWatcher(tree).wait(stop) == ()


class Endless:
    """A stream that ends when it is closed."""

    def __init__(self) -> None:
        self._closed = Event()

    def __iter__(self) -> Iterator[bytes]:
        self._closed.wait()
        return iter(())

    def close(self) -> None:
        self._closed.set()


class Patient(MemoryEngine):
    """An engine whose processes say nothing until they end; tells which image runs."""

    def __init__(self) -> None:
        super().__init__()
        self.started: SimpleQueue[Digest] = SimpleQueue()
        self.streams: list[Endless] = []

    def logs(self, run: Run, *, follow: bool = False, tail: int | None = None) -> LogStream:
        if not follow:
            return super().logs(run, tail=tail)
        self.streams.append(Endless())
        self.started.put(run.image)
        return self.streams[-1]

    def stop(self, run: Run, *, grace: float) -> None:
        super().stop(run, grace=grace)
        self.streams[-1].close()


class Desk:
    """Somebody who works on a project while it runs."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.engine = Patient()
        self.tree = tree
        self.layout = ImageLayout.open(folder / "images")
        self.errors: SimpleQueue[LongshoreError] = SimpleQueue()
        self.results: SimpleQueue[Update | LongshoreError] = SimpleQueue()
        self.services = Services(
            engines=Engines((self.engine,), reporter=NullReporter()),
            records=RunRecords(folder / "runs"),
            passwords=Passwords(folder / "passwords"),
            reporter=NullReporter(),
        )
        self.port = find_free_port()
        self.defect: Exception | None = None
        self.gone = Event()
        self.interrupted = False

    def version(self, content: bytes, *, process: str = "web") -> Update:
        serve = CommandLine(("serve",))
        migrate = Process(name="migrate", kind=ProcessKind.RELEASE, serve=serve)
        project = Project(
            name=parse_name("shop"),
            version="1",
            kind=ProjectKind.APPLICATION,
            root=self.tree,
            members=(),
            processes=(migrate, Process(name=process, kind=ProcessKind.WEB, serve=serve)),
            python="",
        )
        launch = Launch(project=project, settings=Settings(given={}), port=self.port, engine="auto")
        digest = Digest.of(content)
        image = Descriptor(media_type=MediaType.MANIFEST, digest=digest, size=1)
        return Update(launch=launch, descriptor=image)

    def change(self, result: Update | LongshoreError) -> None:
        """Save a file, of which a build will make this."""
        self.results.put(result)
        path = self.tree / "src" / "app.py"
        path.write_text(path.read_text() + "1")

    def work(self, script: Callable[[], None], *, interrupt: bool = True) -> None:
        """Watch in this thread while a script acts in another one; it ends with Ctrl-C."""
        self.engine.behaviour["migrate"] = "exit 0"
        first = self.version(b"first")
        backing = BackingServices(self.services, MemorySource(), self.services.passwords)
        launcher = Launcher(self.services, backing)
        runs = launcher.bring_up(first.launch, self.layout, first.descriptor)
        failures: list[BaseException] = []

        def act() -> None:
            try:
                script()
            except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                failures.append(error)
            if interrupt or failures:
                signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

        thread = Thread(target=act)
        try:
            attend_to_versions(
                self.services,
                launcher,
                first,
                runs=runs,
                rebuilder=Rebuilder(
                    FileWatcher(self.tree),
                    self._rebuild,
                    changed=lambda _: None,
                    failed=self.errors.put,
                ),
                layout=self.layout,
                writer=lambda _: _ignore,
                ready=thread.start,
                failed=self.errors.put,
            )
        except KeyboardInterrupt:  # it may come between two attendances, too
            self.interrupted = True
        finally:
            thread.join()
            if failures:
                raise failures[0]

    def running(self) -> Digest:
        return self.engine.started.get(timeout=10)

    def _rebuild(self) -> Update | None:
        result = self.results.get()
        if self.defect is not None:
            self.gone.set()
            raise self.defect
        if isinstance(result, LongshoreError):
            raise result
        return result


def _ignore(_name: str, _line: bytes) -> None:
    pass


@pytest.fixture
def desk(tmp_path: Path, tree: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, tree)
    yield desk
    desk.engine.close()


def test_new_version_takes_the_place_of_the_old_one(desk: Desk) -> None:
    def script() -> None:
        assert desk.running() == Digest.of(b"first")
        desk.change(desk.version(b"second"))
        assert desk.running() == Digest.of(b"second")
        assert desk.engine.running() == ["web"]

    desk.work(script)
    assert desk.engine.calls.count("start migrate") == 1
    assert desk.services.observe() == ()


def test_build_that_fails_leaves_the_old_version_alone(desk: Desk) -> None:
    def script() -> None:
        desk.running()
        desk.change(ProjectError("no such module"))
        assert desk.errors.get(timeout=10).message == "no such module"
        assert desk.engine.running() == ["web"]
        desk.change(desk.version(b"second"))
        assert desk.running() == Digest.of(b"second")

    desk.work(script)
    assert desk.engine.calls.count("start web") == 2


def test_version_that_does_not_come_up_gives_way_to_the_one_before(desk: Desk) -> None:
    def script() -> None:
        desk.running()
        desk.engine.behaviour["other"] = "exit 70"
        desk.change(desk.version(b"second", process="other"))
        assert "process 'other' exited with code 70" in desk.errors.get(timeout=10).message
        assert desk.running() == Digest.of(b"first")
        assert desk.engine.running() == ["web"]

    desk.work(script)
    assert desk.services.observe() == ()


def test_process_that_ends_by_itself_waits_for_the_next_change(desk: Desk) -> None:
    def script() -> None:
        desk.running()
        desk.engine.streams[-1].close()
        assert "process 'web'" in desk.errors.get(timeout=10).message
        desk.change(desk.version(b"second"))
        assert desk.running() == Digest.of(b"second")

    desk.work(script)


def test_interrupt_while_nothing_runs_ends_it(desk: Desk) -> None:
    def script() -> None:
        desk.running()
        desk.engine.streams[-1].close()
        desk.errors.get(timeout=10)

    desk.work(script)
    assert desk.interrupted
    assert desk.services.observe() == ()


def test_defect_of_a_build_is_not_hidden(desk: Desk) -> None:
    def script() -> None:
        desk.running()
        desk.defect = ZeroDivisionError("a defect")
        desk.change(desk.version(b"second"))
        assert desk.gone.wait(10)

    with pytest.raises(ZeroDivisionError):
        desk.work(script, interrupt=False)
    assert desk.engine.running() == []


class Busy(MemoryEngine):
    """An engine whose worker ends its job only when the next web process has started."""

    def __init__(self) -> None:
        super().__init__()
        self.web_starts = 0
        self.web_is_back = Event()

    def start(self, spec: RunSpec) -> None:
        super().start(spec)
        if spec.process == "web":
            self.web_starts += 1
            if self.web_starts > 1:
                self.web_is_back.set()

    def stop(self, run: Run, *, grace: float) -> None:
        if run.process == "worker":
            assert self.web_is_back.wait(20), "the web process waits for the worker"
        super().stop(run, grace=grace)


def test_worker_that_finishes_its_job_keeps_no_web_process_waiting(
    tmp_path: Path, tree: Path
) -> None:
    desk, engine = Desk(tmp_path, tree), Busy()
    services = replace_engine(desk.services, engine)
    launcher = Launcher(services, BackingServices(services, MemorySource(), services.passwords))
    update = desk.version(b"first")
    worker = Process(name="worker", kind=ProcessKind.WORKER, serve=CommandLine(("work",)))
    project = update.launch.project
    project = replace(project, processes=(project.processes[-1], worker))
    launch = replace(update.launch, project=project)
    launcher.bring_up(launch, desk.layout, update.descriptor)
    launcher.bring_up(launch, desk.layout, update.descriptor, again=True)
    assert sorted(engine.running()) == ["web", "worker"]
    steps = [call.split()[0] for call in engine.calls if call.split()[1:2] == ["worker"]]
    assert steps == ["start", "stop", "remove", "start"]
    eventually(lambda: engine.tidied == 2)
    engine.close()


def eventually(check: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    pause = Event()
    for _ in range(1000):
        if check():
            return
        pause.wait(0.01)
    pytest.fail("it did not happen")


def replace_engine(services: Services, engine: MemoryEngine) -> Services:
    """Return the same services on another engine."""
    return Services(
        engines=Engines((engine,), reporter=NullReporter()),
        records=services.records,
        passwords=services.passwords,
        reporter=NullReporter(),
    )
