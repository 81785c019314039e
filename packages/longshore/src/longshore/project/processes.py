"""Which processes a project has: those of the table, else those that were detected."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from longshore.config import Config, ProcessConfig
from longshore.errors import ProjectError
from longshore.types import SERVERS, CommandLine, Process, ProcessKind

if TYPE_CHECKING:
    from longshore.project.detect import Detection

DOCS = "reference/configuration.md"


def needs_detection(config: Config) -> bool:
    """Tell whether the configuration leaves open what runs: no process, or one without anything."""
    return not config.processes or any(one.serve is None for one in config.processes)


def choose_processes(
    config: Config, detection: "Detection | None", *, otherwise: Process | None = None
) -> tuple[Process, ...]:
    """Return the processes by name.

    A table that names processes is complete: nothing is added to it. What one of them leaves open
    is taken from the detected process of that name.

    Args:
        config: what the project says.
        detection: what reading its code says; ``None`` where nobody looked.
        otherwise: taken where nothing was found, or only the user can say what.

    Raises:
        ProjectError: if only the user can say what runs.
    """
    if config.processes:
        return tuple(_process(one, config, detection) for one in config.processes)
    if detection is None:
        return ()
    found = tuple(one.process for one in detection.processes)
    if otherwise is not None and (detection.problems or not found):
        return (otherwise,)
    error = detection.error() if detection.problems else None
    if error is not None:
        raise error
    return found


def may_lie_below(root: Path) -> bool:
    """Tell whether a project's code may lie below a folder; its list of files tells for sure."""
    return (root / "src").is_dir() or any(root.glob("*/manage.py"))


def put_on_path(
    processes: tuple[Process, ...], root: Path, files: Iterable[PurePosixPath]
) -> tuple[Process, ...]:
    """Give processes of a project that is shipped as sources the folders that its code lies in.

    Detected ones have them already; what a process's own environment says stays.

    Args:
        processes: of the table.
        root: the project's folder.
        files: its files, relative to that.
    """
    from longshore.config.toml import read_toml  # noqa: PLC0415 - few projects need these
    from longshore.project.detect.files import ProjectFiles  # noqa: PLC0415
    from longshore.project.detect.layout import read_layout  # noqa: PLC0415

    paths = (path.as_posix() for path in files)
    known = ProjectFiles(paths, lambda path: (root / path).read_bytes())
    document = read_toml(root / "pyproject.toml") or {}
    path = read_layout(document, known, name=root.name).python_path
    added = {"PYTHONPATH": path} if path else {}
    return tuple(
        replace(process, env=MappingProxyType({**added, **process.env})) for process in processes
    )


def _process(written: ProcessConfig, config: Config, detection: "Detection | None") -> Process:
    if written.serve is not None:
        return _join(written, None)
    found = detection.find(written.name) if detection else None
    if found is not None:
        _check_server(written, found.process, config)
        return _join(written, found.process)
    error = detection.error() if detection and detection.problems else None
    if error is not None:
        raise error
    place = config.location(f"processes.{written.name}")
    msg = f"{place}: nothing to run"
    hint = 'add asgi = "package.module:app", wsgi = "package.module:app" or command = [...]'
    raise ProjectError(msg, hint=hint, docs=DOCS)


def _check_server(written: ProcessConfig, found: Process, config: Config) -> None:
    """Refuse a server that does not serve what was found; a complete table is checked as read."""
    if written.server is None or type(found.serve) in SERVERS[written.server]:
        return
    place = config.location(f"processes.{written.name}.server")
    is_command = isinstance(found.serve, CommandLine)
    what = "a command, its own server" if is_command else f"{type(found.serve).__name__.upper()}"
    msg = f"{place}: {written.server!r} does not serve what was found: {what}"
    raise ProjectError(msg, hint="remove the key, or name what to serve", docs=DOCS)


def _join(written: ProcessConfig, found: Process | None) -> Process:
    """Complete a table with what was found; the table wins."""
    serve = written.serve or (found.serve if found else None)
    if serve is None:
        msg = f"process {written.name!r} has nothing to run"
        raise ValueError(msg)  # a programming error: the caller has seen to it
    found_kind = found.kind if found else ProcessKind.WORKER
    kind = ProcessKind.CRON if written.schedule else written.kind or found_kind
    env = {**(found.env if found else {}), **written.env}
    return Process(
        name=written.name,
        kind=kind,
        serve=serve,
        port=written.port or (found.port if found and kind is ProcessKind.WEB else None),
        schedule=written.schedule,
        singleton=written.singleton or (found is not None and found.singleton),
        drain=written.drain,
        writable=written.writable,
        env=MappingProxyType(env),
        secrets=written.secrets,
        resources=written.resources,
        scale=written.scale,
        restart=written.restart,
        server=written.server or (found.server if found else None),
    )
