"""The TOML to write: for ``longshore init``, and in messages."""

from collections.abc import Iterable, Mapping

from longshore.project.detect.model import Candidate, Detection
from longshore.types import Asgi, CommandLine, Process, ProcessKind, Wsgi

DEFAULT_PORT = 8000
"""The port of a web process whose table does not say one."""

_PLACEHOLDER = "PACKAGE.MODULE:app"


def smallest_table(detection: Detection) -> str:
    """Return the smallest table that says what was detected, or what only the user can say.

    The text is TOML for ``detection.file``; empty where neither exists.
    """
    parts = [process_table(one.process, detection.file) for one in detection.processes]
    parts += [problem.table for problem in detection.problems if problem.table]
    if not parts and detection.nothing is not None:
        parts = [detection.nothing.table]
    if detection.include:
        parts.insert(0, include_table(detection.include, detection.file))
    return "\n".join(dict.fromkeys(part.rstrip() + "\n" for part in parts))


def include_table(include: Iterable[str], file: str) -> str:
    """Return the line that adds files to the image."""
    head = "[tool.longshore]\n" if file == "pyproject.toml" else ""
    return f"{head}include = {_value(tuple(include))}\n"


def process_table(process: Process, file: str) -> str:
    """Return one process as a table; what has its default value is left out."""
    return _render(
        process.name,
        process.serve,
        file,
        port=process.port,
        kind=process.kind,
        schedule=process.schedule,
        env=process.env,
        secrets=process.secrets,
    )


def candidate_table(name: str, candidate: Candidate, file: str) -> str:
    """Return the table that would choose a candidate."""
    return _render(
        name,
        candidate.serve,
        file,
        port=candidate.port,
        kind=candidate.kind,
        env=candidate.env,
    )


def application_table(file: str, target: str = _PLACEHOLDER, *, interface: str = "asgi") -> str:
    """Return the table of a web process for an application that only the user can name."""
    return f"{_head('web', file)}{interface} = {_value(target)}\n"


def command_table(
    name: str, argv: Iterable[str], file: str, *, kind: ProcessKind = ProcessKind.WORKER
) -> str:
    """Return the table of a command."""
    return _render(name, CommandLine(tuple(argv)), file, port=None, kind=kind, env={})


def _head(name: str, file: str) -> str:
    prefix = "tool.longshore." if file == "pyproject.toml" else ""
    return f"[{prefix}processes.{name}]\n"


def _render(
    name: str,
    serve: Asgi | Wsgi | CommandLine,
    file: str,
    *,
    port: int | None,
    kind: ProcessKind,
    schedule: str | None = None,
    env: Mapping[str, str],
    secrets: tuple[str, ...] = (),
) -> str:
    lines = []
    match serve:
        case Asgi(app=app):
            lines.append(f"asgi = {_value(str(app))}")
        case Wsgi(app=app):
            lines.append(f"wsgi = {_value(str(app))}")
        case CommandLine(argv=argv):
            lines.append(f"command = {_value(argv)}")
    implied = {ProcessKind.WORKER, ProcessKind.RELEASE, ProcessKind.CRON}
    if isinstance(serve, CommandLine) and kind not in implied:
        lines.append(f'kind = "{kind.value}"')
    if port is not None and port != DEFAULT_PORT:
        lines.append(f"port = {port}")
    if schedule is not None:
        lines.append(f"schedule = {_value(schedule)}")
    if kind is ProcessKind.RELEASE:
        lines.append('run = "before-deploy"')
    if kind is ProcessKind.SCHEDULER:
        lines.append("singleton = true")
    lines += _settings(env, secrets)
    return _head(name, file) + "\n".join(lines) + "\n"


def _settings(env: Mapping[str, str], secrets: tuple[str, ...]) -> list[str]:
    lines = []
    if env:
        pairs = ", ".join(f"{key} = {_value(value)}" for key, value in sorted(env.items()))
        lines.append(f"env = {{ {pairs} }}")
    if secrets:
        lines.append(f"secrets = {_value(secrets)}")
    return lines


def _value(value: str | tuple[str, ...]) -> str:
    """Return a TOML basic string or an array of them (TOML 1.0, §string)."""
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    escaped = "".join(
        _ESCAPES.get(one, one if one.isprintable() else f"\\U{ord(one):08X}") for one in value
    )
    return f'"{escaped}"'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
