"""A ``Procfile``: the project's own list of processes, one ``name: command`` a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from longshore.project.detect import advice
from longshore.project.detect.backends import join
from longshore.project.detect.commandline import Invocation, ShellError, parse_command
from longshore.project.detect.entries import Missing, find_entry, served
from longshore.project.detect.frameworks import Interface
from longshore.project.detect.model import Candidate, Evidence, Problem
from longshore.project.detect.reading import Reading
from longshore.project.detect.said import Wrong, development_note, flask_target
from longshore.project.detect.servershapes import DEFAULT_PORT
from longshore.types import Asgi, CommandLine, Finding, ProcessKind, Severity
from longshore.types.server import ASGI_SERVERS, WSGI_SERVERS

PROCFILE = "Procfile"
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(\S.*)")
_KINDS = {
    "web": ProcessKind.WEB,
    "release": ProcessKind.RELEASE,
    "beat": ProcessKind.SCHEDULER,
    "clock": ProcessKind.SCHEDULER,
    "scheduler": ProcessKind.SCHEDULER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one line became: a candidate, or a problem; and what there is to say about it."""

    name: str
    candidate: Candidate | None = None
    problem: Problem | None = None
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    location: str
    text: str
    kind: ProcessKind


def read_procfile(reading: Reading, web: Candidate | None) -> Iterator[Line]:
    """Yield what each line of the ``Procfile`` becomes.

    ``web`` is what reading the code finds: a development server without an application means it.
    """
    text = reading.files.text(PROCFILE) or ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        location = f"{PROCFILE}:{number}"
        match = _LINE.fullmatch(line.strip())
        if match is None:
            message = f"{location}: expected 'name: command', got {line.strip()!r}"
            first = line.split()[0]
            yield Line(name="", problem=advice.line_problem(message, reading, program=first))
            continue
        name = match[1].lower().replace("_", "-").strip("-")
        kind = _KINDS.get(name, ProcessKind.WORKER)
        entry = _Entry(name=name, location=location, text=line.strip(), kind=kind)
        yield _read_line(entry, match[2], reading, web)


def _read_line(entry: _Entry, command: str, reading: Reading, web: Candidate | None) -> Line:
    try:
        invocation = parse_command(command, port=DEFAULT_PORT)
    except ShellError as error:
        message = f"{entry.location}: {error}"
        problem = advice.shell_problem(
            entry.name, message, reading, web=web, kind=entry.kind, hint=error.hint
        )
        return Line(name=entry.name, problem=problem)
    if not invocation.argv:
        message = f"{entry.location}: expected 'name: command', got {entry.text!r}"
        return Line(name=entry.name, problem=advice.line_problem(message, reading))
    if invocation.server:
        return _served(entry, invocation, reading, web)
    return _command(entry, invocation, reading, web)


def _served(entry: _Entry, invocation: Invocation, reading: Reading, web: Candidate | None) -> Line:
    target = _target(invocation, reading)
    if not target:
        if web is None:
            message = f"{entry.location}: {invocation.server} names no application"
            problem = advice.shell_problem(entry.name, message, reading, web=None)
            return Line(name=entry.name, problem=problem)
        candidate = replace(
            web, location=entry.location, text=entry.text, port=invocation.port or web.port
        )
    else:
        located = find_entry(target, reading, factory=invocation.factory)
        if isinstance(located, Missing):
            interface = invocation.interface or Interface.WSGI
            wrong = Wrong(entry.location, target, located, strict=True, interface=interface)
            instead = web if entry.kind is ProcessKind.WEB else None
            problem = advice.wrong_problem(wrong, reading, instead=instead)
            return Line(name=entry.name, problem=problem)
        serve = served(located, default=invocation.interface or Interface.WSGI)
        candidate = Candidate(
            serve=serve,
            framework=located.framework.title if located.framework else invocation.server,
            location=entry.location,
            text=entry.text,
            origin=located.origin,
            port=invocation.port,
            env=dict(invocation.env),
        )
    candidate = replace(candidate, server=_server(invocation.server, candidate))
    notes = []
    if invocation.development:
        what = invocation.development
        name = f"{invocation.server} {what}" if what.startswith("--") else what
        notes.append(development_note(entry.location, f"{name!r}", candidate.target))
    return Line(name=entry.name, candidate=candidate, notes=tuple(notes))


def _server(program: str, candidate: Candidate) -> str | None:
    """Return the package of the server that the line starts, unless it only manages processes."""
    package = program.removesuffix("-serve")
    servers = ASGI_SERVERS if isinstance(candidate.serve, Asgi) else WSGI_SERVERS
    return package if package in servers else None


def _target(invocation: Invocation, reading: Reading) -> str:
    text = invocation.target
    if not text:
        return ""
    if invocation.server == "flask":
        return flask_target(text, reading)
    if invocation.server == "fastapi" and ":" not in text:
        path = join(".", text)
        path = join(path, "main.py") if reading.files.has_folder(path) else path
        return f"{reading.layout.name_of(path)}:app"
    return text


def _command(
    entry: _Entry, invocation: Invocation, reading: Reading, web: Candidate | None
) -> Line:
    argv = invocation.argv
    notes = []
    kind = entry.kind
    if argv[0] == "celery" and "beat" in argv:
        kind = ProcessKind.SCHEDULER
    if argv[0] == "celery" and {"-B", "--beat"} & set(argv):
        notes.append(_beat_note(entry.location))
    script = next((one for one in argv[1:2] if one.endswith(".py")), "")
    if script and kind is ProcessKind.WEB and web is not None:
        module = reading.layout.name_of(join(".", script))
        own = getattr(getattr(web.serve, "app", None), "module", "")
        if own == module:
            notes.append(development_note(entry.location, f"{entry.text!r}", web.target))
            candidate = replace(web, location=entry.location, text=entry.text)
            return Line(name=entry.name, candidate=candidate, notes=tuple(notes))
    if script and reading.layout.is_wheel and not reading.layout.is_shipped(join(".", script)):
        path = join(".", script)
        problem = advice.not_shipped(path, 1, script, reading, process=entry.name, kind=kind)
        return Line(name=entry.name, problem=problem)
    candidate = Candidate(
        evidence=Evidence.SAID,
        serve=CommandLine(argv),
        framework="Procfile",
        location=entry.location,
        text=entry.text,
        kind=kind,
        singleton=kind is ProcessKind.SCHEDULER,
        port=DEFAULT_PORT if kind is ProcessKind.WEB else None,
        env=dict(invocation.env),
    )
    return Line(name=entry.name, candidate=candidate, notes=tuple(notes))


def _beat_note(location: str) -> Finding:
    return Finding(
        rule="detect.beat-in-worker",
        severity=Severity.WARNING,
        location=location,
        message="-B starts a scheduler in every replica of the worker",
        hint="remove -B and add a line: scheduler: celery -A … beat",
    )
