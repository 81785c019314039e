"""Notice changes of a project's files, build again, and tell whoever attends to the service.

Files are looked at, twenty times a second: that works on every file system, network shares and
folders mounted into a container included, and a project has hundreds of files, not millions.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event

from longshore.engines.follow import Departure, Show
from longshore.engines.interface import Run
from longshore.engines.launch import Launch, Launcher
from longshore.engines.service import Services
from longshore.engines.settings import PROJECT_FILE
from longshore.errors import DeployError, LongshoreError
from longshore.oci.descriptor import Descriptor
from longshore.oci.layout import ImageLayout
from longshore.source.git import read_checkout
from longshore.source.walk import walk

INTERVAL = 0.05
"""Seconds between looks, at least."""

_REST = 10
"""How many times as long as a look takes the next one waits: a tenth of a core at most."""

_LISTING = 2.0
"""Seconds between looks at which files there are: git is asked."""

_SETTLED = 0.03
"""Seconds without a change after which an editor has finished; a switch of branches takes more."""

_UNTRACKED = (PROJECT_FILE, "uv.lock", "requirements.txt", "pylock.toml", "longshore.lock")
"""What is read although git may not track it."""

_Snapshot = Mapping[Path, tuple[int, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Another version of a service.

    Args:
        launch: what to start.
        descriptor: its image.
    """

    launch: Launch
    descriptor: Descriptor


class FileWatcher:
    """Waits for changes of a project's files.

    Args:
        roots: the project's folder, and that of its workspace.
    """

    def __init__(self, *roots: Path) -> None:
        self._roots = tuple(dict.fromkeys(roots))
        self._paths = tuple(list_files(self._roots))
        self._listed = time.monotonic()
        self._seen = _look(self._paths)

    def wait(self, stop: Event) -> tuple[Path, ...]:
        """Return what changed since the last call, once it has settled; nothing after ``stop``."""
        pause = INTERVAL
        while not stop.wait(pause):
            if time.monotonic() - self._listed > _LISTING:
                self._list()
            begun = time.monotonic()
            found = _look(self._paths)
            pause = max(INTERVAL, _REST * (time.monotonic() - begun))
            if found == self._seen:
                continue
            while not stop.wait(_SETTLED) and (again := _look(self._paths)) != found:
                found = again
            before, self._seen = self._seen, found
            return tuple(sorted({path for path, _ in before.items() ^ found.items()}))
        return ()

    def _list(self) -> None:
        with suppress(LongshoreError):  # a merge is under way, say: a build says what is wrong
            self._paths = tuple(list_files(self._roots))
        self._listed = time.monotonic()


class Rebuilder:
    """Builds after each change, beside the service that runs.

    Args:
        watcher: waits for changes.
        rebuild: makes another version, or ``None`` where nothing changed that counts.
        changed: told which files changed.
        failed: told why there is no other version; the one that runs goes on.
    """

    def __init__(
        self,
        watcher: FileWatcher,
        rebuild: Callable[[], Update | None],
        *,
        changed: Callable[[tuple[Path, ...]], None],
        failed: Callable[[LongshoreError], None],
    ) -> None:
        self._watcher = watcher
        self._rebuild = rebuild
        self._changed = changed
        self._failed = failed
        self._stop = Event()
        self._news = Condition()
        self._update: Update | None = None
        self._departure: Departure | None = None
        self._future: Future[None] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch and build in the background."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            self._future = pool.submit(self._loop)
            self._future.add_done_callback(lambda _: self._tell(None))
            try:
                yield
            finally:
                self._stop.set()

    def departure(self) -> Departure:
        """Return what ends an attendance once there is another version, or no hope for one."""
        with self._news:
            self._departure = Departure()
            if self._is_news():
                self._departure.request()
            return self._departure

    def take(self) -> Update:
        """Wait for another version, and return the newest."""
        with self._news:
            while not self._is_news():
                self._news.wait(1.0)  # with an end, so that Ctrl-C is heeded
            if self._update is None and self._future is not None:
                self._future.result()
            update, self._update = self._update, None
        if update is None:
            raise KeyboardInterrupt
        return update

    def _loop(self) -> None:
        while paths := self._watcher.wait(self._stop):
            self._changed(paths)
            try:
                update = self._rebuild()
            except LongshoreError as error:
                self._failed(error)
                continue
            if update is not None:
                self._tell(update)

    def _tell(self, update: Update | None) -> None:
        with self._news:
            self._update = update or self._update
            if self._departure is not None:
                self._departure.request()
            self._news.notify_all()

    def _is_news(self) -> bool:
        return self._update is not None or (self._future is not None and self._future.done())


def list_files(roots: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that a build reads below some folders, whether they are there or not."""
    for root in roots:
        checkout = read_checkout(root)
        names = walk(root) if checkout is None else checkout.paths
        for name in dict.fromkeys((*names, *_UNTRACKED)):
            yield root / name


def _look(paths: Iterable[Path]) -> _Snapshot:
    found = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:  # not there, or not any more: that is a change, too
            continue
        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def attend_to_versions(
    services: Services,
    launcher: Launcher,
    first: Update,
    *,
    runs: Sequence[Run],
    rebuilder: Rebuilder,
    layout: ImageLayout,
    writer: Callable[[Sequence[Run]], Show],
    ready: Callable[[], None],
    failed: Callable[[LongshoreError], None],
) -> None:
    """Show the output of a service until Ctrl-C, and put each new version in its place.

    Where a version does not come up, the one before takes its place again; where one ends by
    itself, the next change is waited for.

    Args:
        services: of this user.
        launcher: started the runs.
        first: the first version.
        runs: its processes.
        rebuilder: makes the others.
        layout: where their images are.
        writer: makes what prints a line.
        ready: called once, when Ctrl-C will be heeded.
        failed: told why nothing runs at the moment.

    Raises:
        KeyboardInterrupt: after Ctrl-C while nothing runs, or a second one.
    """
    service = runs[0].service
    good = first
    with rebuilder.running():
        try:
            while True:
                departure = rebuilder.departure()
                try:
                    if runs:
                        show = writer(runs)
                        services.attend(runs, show=show, ready=ready, departure=departure)
                        if not departure.is_taken:
                            return
                except DeployError as error:  # a process has ended; the others were stopped
                    failed(error)
                ready, update = _nothing, rebuilder.take()
                try:
                    runs = launcher.bring_up(update.launch, layout, update.descriptor, again=True)
                    good = update
                except LongshoreError as error:
                    failed(error)
                    runs = _restore(launcher, good, layout, failed)
        except BaseException:
            with services.locked(service):
                services.give_up(services.records.runs(service))
            raise


def _restore(
    launcher: Launcher,
    version: Update,
    layout: ImageLayout,
    failed: Callable[[LongshoreError], None],
) -> tuple[Run, ...]:
    """Bring the last version that came up back; return nothing where that fails, too."""
    try:
        return launcher.bring_up(version.launch, layout, version.descriptor, again=True)
    except LongshoreError as error:
        failed(error)
        return ()


def _nothing() -> None:
    """Say nothing: the address has been said."""
