"""Workers and schedulers: one process for each kind of queue, with stable names."""

from collections.abc import Iterator
from dataclasses import replace

from longshore.project.detect import advice
from longshore.project.detect.celery import beat_of, find_celery
from longshore.project.detect.django import Django
from longshore.project.detect.model import Candidate, Problem
from longshore.project.detect.queues import find_loops, find_queues
from longshore.project.detect.reading import Reading
from longshore.types import ProcessKind

_NAMES = {ProcessKind.WORKER: "worker", ProcessKind.SCHEDULER: "scheduler"}


def find_background(
    reading: Reading, django: Django | None
) -> tuple[tuple[tuple[str, Candidate], ...], tuple[Problem, ...]]:
    """Return the workers and schedulers by name, and what can't be decided.

    The first kind of queue gets the plain name; a further one has its own added:
    ``worker``, ``worker-rq``.
    """
    groups: dict[tuple[ProcessKind, str], list[Candidate]] = {}
    problems = list(_celery_problems(reading))
    for candidate in _candidates(reading, django):
        groups.setdefault((candidate.kind, candidate.framework), []).append(candidate)
    found: dict[str, Candidate] = {}
    for (kind, framework), candidates in groups.items():
        base = _NAMES[kind]
        suffix = framework.lower().replace(" ", "-")
        name = base if base not in found else f"{base}-{suffix}"
        if len(candidates) > 1:
            noun = "applications" if framework == "Celery" else f"{base}s"
            what = f"{framework} {noun}"
            problems.append(advice.several(what, base, candidates, reading, name=name))
        else:
            env = django.env if django else {}
            found[name] = replace(candidates[0], env={**env, **candidates[0].env})
    return tuple(found.items()), tuple(problems)


def _candidates(reading: Reading, django: Django | None) -> Iterator[Candidate]:
    celery = find_celery(reading)
    yield from celery.apps
    if celery.beat is not None and len(celery.apps) == 1:
        location, text = celery.beat
        database = django is not None and "django_celery_beat" in django.apps
        yield beat_of(celery.apps[0], location=location, text=text, database=database)
    found = tuple(find_queues(reading))
    yield from found
    known = {candidate.location.partition(":")[0] for candidate in (*celery.apps, *found)}
    for candidate in find_loops(reading):
        if candidate.location.partition(":")[0] not in known:
            yield candidate


def _celery_problems(reading: Reading) -> Iterator[Problem]:
    inside = find_celery(reading).inside
    if inside is not None:
        yield advice.celery_inside(inside, reading)
