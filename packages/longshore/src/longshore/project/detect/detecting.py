"""The loop over the detectors: what runs, why, and what only the user can say."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from longshore.project.detect import advice
from longshore.project.detect.background import find_background
from longshore.project.detect.leftovers import (
    find_leftovers,
    find_programs,
    find_unlocked,
    hidden_libraries,
    missing_scripts,
)
from longshore.project.detect.migrations import find_migrations
from longshore.project.detect.model import Candidate, Detected, Detection, Problem
from longshore.project.detect.procfile import PROCFILE, read_procfile
from longshore.project.detect.queues import schedulers_in_web
from longshore.project.detect.said import development_note
from longshore.project.detect.servershapes import DEFAULT_PORT
from longshore.project.detect.survey import Survey, read, survey
from longshore.types import CommandLine, Finding, Process, ProcessKind, Severity

_MAX_NAME = 40


@dataclass(slots=True)
class _Answer:
    """What is collected while the detectors run."""

    processes: dict[str, Detected] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    include: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, candidate: Candidate, alternatives: Iterable[Candidate] = ()) -> None:
        """Make a candidate a process; the first of a name stays."""
        is_web = candidate.kind is ProcessKind.WEB
        process = Process(
            name=name[:_MAX_NAME].rstrip("-"),
            kind=candidate.kind,
            serve=candidate.serve,
            port=(candidate.port or DEFAULT_PORT) if is_web else None,
            singleton=candidate.singleton,
            env={**self.env, **candidate.env},
            server=candidate.server,
        )
        detected = Detected(
            process=process,
            reason=candidate.reason,
            framework=candidate.framework,
            alternatives=tuple(one.listing for one in alternatives),
        )
        self.processes.setdefault(process.name, detected)


def detect(
    paths: Iterable[str],
    reader: Callable[[str], bytes],
    *,
    name: str,
    document: Mapping[str, Any] | None = None,
    locked: Collection[str] | None = None,
) -> Detection:
    """Find what a project runs by reading it; nothing is imported or executed.

    Args:
        paths: the tracked files, relative to the project's root, with ``/``.
        reader: returns the bytes of one of them; ``OSError`` for one that is gone.
        name: the project's normalised name.
        document: the parsed ``pyproject.toml``, all of it; ``None`` where there is none.
        locked: the normalised names of the locked packages; ``None`` where they are not known.

    Returns:
        The processes with the lines that decided them; what is undecided or wrong is in
        ``problems``, never raised.
    """
    reading = read(paths, reader, name=name, document=document, locked=locked)
    found = survey(reading)
    path = reading.layout.python_path
    answer = _Answer(env={"PYTHONPATH": path} if path else {})
    answer.problems += hidden_libraries(reading)
    if PROCFILE in reading.files:
        _follow_procfile(found, answer)
    else:
        _follow_code(found, answer)
    return Detection(
        processes=tuple(answer.processes[one] for one in sorted(answer.processes)),
        problems=tuple(answer.problems),
        notes=tuple(answer.notes),
        include=answer.include,
        file=reading.file,
        nothing=None if answer.processes else advice.nothing(reading, find_unlocked(reading)),
    )


def _follow_procfile(found: Survey, answer: _Answer) -> None:
    """Take the lines of the ``Procfile`` and nothing else."""
    for line in read_procfile(found.reading, found.web):
        answer.notes += line.notes
        if line.problem is not None:
            answer.problems.append(line.problem)
        elif line.candidate is not None:
            answer.add(line.name, line.candidate)
    migration, _ = find_migrations(found.reading, found.django, found.web)
    kinds = {one.process.kind for one in answer.processes.values()}
    if migration is not None and ProcessKind.RELEASE not in kinds:
        answer.notes.append(_no_migration(migration))


def _no_migration(migration: Candidate) -> Finding:
    return Finding(
        rule="detect.no-migration",
        severity=Severity.NOTE,
        location=PROCFILE,
        message=f"no line migrates the database, but there are migrations ({migration.location})",
        hint=f"add a line: release: {migration.target}",
    )


def _follow_code(found: Survey, answer: _Answer) -> None:
    """Take what the code says: the web process, workers, migrations; else a program."""
    reading = found.reading
    answer.problems += found.problems
    answer.problems += [
        advice.wrong_problem(one, reading, instead=found.web)
        for one in found.wrong
        if one.strict or not found.best
    ]
    if found.web is not None:
        _add_web(found, found.web, answer)
    elif found.best and not answer.problems:
        answer.problems.append(
            advice.several("applications", "web process", found.best, reading, name="web")
        )
    processes, problems = find_background(reading, found.django)
    for name, candidate in processes:
        answer.add(name, candidate)
    answer.problems += problems
    if answer.processes:
        migration, include = find_migrations(reading, found.django, found.web)
        if migration is not None:
            answer.add("migrate", migration)
            answer.include = include
    elif not answer.problems:
        _add_program(found, answer)


def _add_web(found: Survey, web: Candidate, answer: _Answer) -> None:
    """Add the web process with the port of the call that serves it, and what to say about it."""
    target = "" if isinstance(web.serve, CommandLine) else str(web.serve.app)
    for call in found.server_calls:
        made = call.made is not None and call.made.origin == web.origin
        if not target or not (made or call.target == target):
            continue
        if web.port is None and call.has_port:
            web = replace(web, port=call.port)
        if call.development:
            answer.notes.append(development_note(call.location, "the development server", target))
    answer.add("web", web, found.others)
    for service in found.services:
        if service.candidate.serve == web.serve:
            answer.notes += service.notes
    answer.notes += schedulers_in_web(found.reading)
    answer.notes += [
        Finding(
            rule="detect.not-found",
            severity=Severity.NOTE,
            location=one.location,
            message=f"{one.target!r} was not found: {one.missing.reason}",
            hint=one.hint,
        )
        for one in found.wrong
        if not one.strict
    ]
    if found.django is not None and found.django.manage_settings is not None:
        answer.notes.append(
            _settings_note(
                found.django.manage_settings, found.django.settings, str(found.django.manage)
            )
        )


def _settings_note(managed: str, used: str, manage: str) -> Finding:
    return Finding(
        rule="detect.settings",
        severity=Severity.NOTE,
        location=manage,
        message=f"names {managed!r}; every process gets {used!r}",
        hint="set DJANGO_SETTINGS_MODULE in the env of a process to change it",
    )


def _add_program(found: Survey, answer: _Answer) -> None:
    """Add the program of a project without an application, or say what is in the way."""
    console, scripts = find_programs(found)
    missing = [] if not console else missing_scripts(found)
    if missing:
        answer.problems += missing
        return
    leftovers = () if console else find_leftovers(found)
    candidates, what = (console, "console scripts") if console else (scripts, "scripts")
    if leftovers:
        answer.problems.append(leftovers[0])
    elif len(candidates) == 1:
        answer.add(candidates[0].kind.value, candidates[0])
    elif candidates:
        problem = advice.several(what, "command", candidates, found.reading, name="job")
        answer.problems.append(problem)
