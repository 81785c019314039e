"""What was started, remembered across invocations: ``<state>/runs/<service>/<process>.json``.

A record is written before anything is started and removed after everything is gone, so that the
next ``up`` or ``down`` finds whatever a killed one left behind. Records are replaced atomically;
whoever changes a service holds its lock.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from longshore.engines.interface import Backing, Run, Volume
from longshore.errors import PreflightError
from longshore.types import Digest

_FORMAT = 1


class RunRecords:
    """The records of every service of this user."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, service: str) -> Path:
        """Return where everything about a service is; engines keep their logs there too."""
        return self.root / service

    def services(self) -> tuple[str, ...]:
        """Return the names of all services with a record."""
        found = (path.parent.name for path in self.root.glob("*/*.json"))
        return tuple(sorted(set(found)))

    def runs(self, service: str) -> tuple[Run, ...]:
        """Return the runs of a service by process name; what can't be read is left out."""
        found = (_read(path) for path in sorted(self.folder(service).glob("*.json")))
        return tuple(run for run in found if run is not None)

    def services_of(self, root: Path) -> tuple[str, ...]:
        """Return the services that were started from a project's folder."""
        return tuple(
            service
            for service in self.services()
            if any(run.root == root for run in self.runs(service))
        )

    def write(self, run: Run) -> None:
        """Remember a run, in place of an earlier one of the same process.

        Raises:
            PreflightError: if the disk is full or the folder is not ours to write.
        """
        folder = self.folder(run.service)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, prefix=".record-", delete=False
            ) as file:
                json.dump(_to_json(run), file, indent=2, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(folder / f"{run.process}.json")
        except OSError as error:
            msg = f"{folder}: can't write the run record: {(error.strerror or '').lower()}"
            raise PreflightError(
                msg, hint="check the folder's owner and space, or set LONGSHORE_STATE_DIR"
            ) from error

    def remove(self, run: Run) -> None:
        """Forget a run."""
        (self.folder(run.service) / f"{run.process}.json").unlink(missing_ok=True)

    def is_current(self, service: str, process: str, run_id: str) -> bool:
        """Tell whether the record of a process is still about that start of it."""
        run = _read(self.folder(service) / f"{process}.json")
        return run is not None and run.run_id == run_id

    @contextmanager
    def locked(self, service: str, *, wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the lock of a service; ``wait`` is called once where another program has it."""
        folder = self.folder(service)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / ".lock").open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                wait()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield  # closing the file releases the lock, also when this program is killed

    def sweep(self, service: str) -> None:
        """Remove what killed writers left; call with the lock held."""
        for path in self.folder(service).glob(".record-*"):
            with suppress(OSError):
                path.unlink()


def _to_json(run: Run) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "run_id": run.run_id,
        "service": run.service,
        "process": run.process,
        "engine": run.engine,
        "image": str(run.image),
        "root": str(run.root),
        "port": run.port,
        "created": run.created.isoformat(),
        "grace": run.grace,
        "backing": None if run.backing is None else asdict(run.backing),
        "volumes": {volume.name: str(volume.target) for volume in run.volumes},
    }


def _read(path: Path) -> Run | None:
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            return None
        backing = document.get("backing")
        return Run(
            run_id=document["run_id"],
            service=document["service"],
            process=document["process"],
            engine=document["engine"],
            image=Digest.parse(document["image"]),
            root=Path(document["root"]),
            port=document["port"],
            created=datetime.fromisoformat(document["created"]),
            grace=float(document["grace"]),
            backing=None if backing is None else Backing(**backing),
            volumes=tuple(
                Volume(name=name, target=PurePosixPath(target))
                for name, target in document.get("volumes", {}).items()
            ),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
