"""Why nothing was found although something is there: mistakes that people make."""

from collections.abc import Iterator
from dataclasses import replace

from longshore.project.detect import advice
from longshore.project.detect.applications import (
    ENTRY_MODULES,
    applications_in,
    find_unusable,
)
from longshore.project.detect.entries import Missing, find_entry
from longshore.project.detect.files import is_searched
from longshore.project.detect.frameworks import PACKAGES
from longshore.project.detect.layout import bad_part, is_importable
from longshore.project.detect.model import Candidate, Problem
from longshore.project.detect.programs import find_console, find_mains
from longshore.project.detect.reading import Reading, broken_files
from longshore.project.detect.said import Wrong
from longshore.project.detect.scripts import CONSOLE
from longshore.project.detect.survey import Survey

_LIBRARIES = frozenset(PACKAGES) | {"alembic", "celery", "django", "dramatiq", "huey", "uvicorn"}


def find_programs(found: Survey) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Return the console scripts and the bare scripts."""
    return find_console(found.reading, found.scripts), find_mains(found.reading)


def missing_scripts(found: Survey) -> list[Problem]:
    """Return the console scripts whose function does not exist."""
    problems = []
    for script in found.scripts:
        top = script.module.partition(".")[0]
        if script.group != CONSOLE or not found.reading.resolver.has_module(top):
            continue  # another distribution's function, or made when the project is built
        located = find_entry(script.target, found.reading)
        if isinstance(located, Missing):
            wrong = Wrong(script.location, script.target, located, strict=True)
            problems.append(advice.wrong_problem(wrong, found.reading))
    return problems


def find_leftovers(found: Survey) -> tuple[Problem, ...]:
    """Return what keeps an application from being found, the likeliest first."""
    reading = found.reading
    problems = [
        *(advice.unusable(one, reading) for one in find_unusable(reading)),
        *_not_shipped(reading),
        *_bad_names(reading),
    ]
    if not problems and not find_mains(reading):
        problems += _broken(reading)
    return tuple(problems)


def _not_shipped(reading: Reading) -> Iterator[Problem]:
    outside = [one for one in reading.modules if not reading.layout.is_shipped(one.path)]
    for candidate in applications_in(outside, reading):
        path, _, line = candidate.location.rpartition(":")
        yield advice.not_shipped(path, int(line), candidate.text, reading, web=candidate)
    for module in outside:
        if module.main and module.path.removesuffix(".py") in ENTRY_MODULES:
            start = module.main[0].lineno - 1
            yield advice.not_shipped(module.path, start, module.path, reading)


def _bad_names(reading: Reading) -> Iterator[Problem]:
    named = [one for one in reading.modules if not is_importable(one.name)]
    for candidate in applications_in(named, reading):
        path = candidate.location.rpartition(":")[0]
        part = bad_part(reading.layout.name_of(path))
        yield advice.bad_name(candidate, part or path, reading)


def _broken(reading: Reading) -> Iterator[Problem]:
    for path in reading.files.searched():
        reading.resolver.module_at(path)
    for path, error in sorted(broken_files(reading.resolver).items()):
        yield advice.does_not_parse(path, error, reading)


def find_unlocked(reading: Reading) -> tuple[str, ...]:
    """Return the applications whose framework the lock lacks, one line each."""
    if reading.locked is None:
        return ()
    anything = replace(reading, locked=None)
    known = {one.reason for one in applications_in(reading.shipped, reading)}
    return tuple(
        f"{one.reason} needs {one.framework}, which is not locked"
        for one in applications_in(reading.shipped, anything)
        if one.reason not in known
    )


def hidden_libraries(reading: Reading) -> tuple[Problem, ...]:
    """Return the files whose name hides a library that they import."""
    problems = []
    for path in reading.files.searched():
        name = reading.layout.name_of(path)
        text = reading.files.text(path) if name in _LIBRARIES else None
        if text is None or name == reading.name.replace("-", "_") or not is_searched(path):
            continue
        if f"from {name} import" in text or f"import {name}" in text.splitlines():
            problems.append(advice.hidden_library(path, name, reading))
    return tuple(problems)
