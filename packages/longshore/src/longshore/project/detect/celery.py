"""Celery: the application, its worker, its beat."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from longshore.project.detect.model import Candidate, Evidence, Origin
from longshore.project.detect.reading import Reading
from longshore.project.detect.syntax import Assigned, Module, dotted, keyword
from longshore.project.detect.values import Made, returns_of
from longshore.types import CommandLine, ProcessKind

_CELERY = "celery.Celery"
_SCHEDULES = {"beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE"}
_ATTRIBUTES = ("app", "celery")
_MODULES = ("celery_app", "celery", "celeryapp", "worker", "tasks")
_STATE = "/tmp/celerybeat-schedule"  # noqa: S108  # the image's only writable folder by default
_DATABASE_BEAT = "django_celery_beat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Celery:
    """What was found of Celery.

    Args:
        apps: one candidate for the worker per application object.
        beat: why a scheduler is needed: ``shop/celery.py:9: app.conf.beat_schedule = …``.
        inside: a function that returns one, where no module has one: its line and name.
    """

    apps: tuple[Candidate, ...]
    beat: tuple[str, str] | None
    inside: tuple[str, str] | None


def find_celery(reading: Reading) -> Celery:
    """Find Celery's applications and whether something is scheduled."""
    if not reading.may_import(_CELERY):
        return Celery(apps=(), beat=None, inside=None)
    apps = tuple(_apps(reading))
    inside = None if apps else next(_made_inside(reading), None)
    return Celery(apps=apps, beat=next(_schedules(reading), None), inside=inside)


def beat_of(app: Candidate, *, location: str, text: str, database: bool) -> Candidate:
    """Return the scheduler that belongs to a worker: one process, never two."""
    name = app.serve.argv[2] if isinstance(app.serve, CommandLine) else ""
    argv = ["celery", "-A", name, "beat"]
    if database:
        argv += ["--scheduler", f"{_DATABASE_BEAT}.schedulers:DatabaseScheduler"]
    else:
        argv += ["--schedule", _STATE]
    return Candidate(
        evidence=Evidence.SAID,
        serve=CommandLine(tuple(argv)),
        framework="Celery beat",
        location=location,
        text=text,
        kind=ProcessKind.SCHEDULER,
        singleton=True,
    )


def _apps(reading: Reading) -> Iterator[Candidate]:
    """Yield the applications; several names of one object once, by the best of them."""
    found: dict[Origin, tuple[tuple[int, int, int, str], Candidate]] = {}
    for module in reading.shipped:
        for name, bindings in module.scope.names.items():
            last = bindings[-1]
            if not isinstance(last, Assigned) or name.startswith("_"):
                continue
            made = reading.resolver.attribute(module, name)
            if not isinstance(made, Made) or not reading.resolver.is_instance(made, _CELERY):
                continue
            rank = (
                0 if name in _ATTRIBUTES else 1,
                _MODULES.index(module.last_name) if module.last_name in _MODULES else len(_MODULES),
                module.name.count("."),
                module.name,
            )
            worker = _worker(module, name, last, made)
            if made.origin not in found or rank < found[made.origin][0]:
                found[made.origin] = (rank, worker)
    yield from (worker for _, worker in sorted(found.values(), key=lambda one: one[0]))


def _worker(module: Module, name: str, binding: Assigned, found: Made) -> Candidate:
    # Celery finds `app` and `celery` by itself; another name has to be said.
    target = module.name if name in _ATTRIBUTES else f"{module.name}:{name}"
    return Candidate(
        evidence=Evidence.SAID,
        serve=CommandLine(("celery", "-A", target, "worker")),
        framework="Celery",
        location=f"{module.path}:{binding.line}",
        text=binding.text,
        origin=found.origin,
        kind=ProcessKind.WORKER,
    )


def _made_inside(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield functions that return a Celery application."""
    for module in reading.shipped:
        if "Celery" not in (reading.files.text(module.path) or ""):
            continue
        for function in module.functions():
            scope = reading.resolver.scope_of(function, module)
            for node in returns_of(function):
                made = reading.resolver.value(node, module, scope)
                if isinstance(made, Made) and reading.resolver.is_instance(made, _CELERY):
                    yield f"{module.path}:{made.origin[1]}", function.name


def _schedules(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield the lines that schedule something."""
    for path in reading.files.searched():
        text = reading.files.text(path) or ""
        if not any(word in text for word in (*_SCHEDULES, _DATABASE_BEAT, "add_periodic_task")):
            continue
        module = reading.resolver.module_at(path)
        for node in ast.walk(module.tree) if module else ():
            line = _scheduling(node)
            if line:
                yield f"{path}:{getattr(node, 'lineno', 1)}", line


def _scheduling(node: ast.AST) -> str:
    match node:
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target) if isinstance(
            getattr(node, "value", None), ast.expr
        ):
            base = target.value if isinstance(target, ast.Subscript) else target
            name = (dotted(base) or "").rpartition(".")[2]
            return f"{ast.unparse(target)} = …" if name in _SCHEDULES else ""
        case ast.Call(func=func):
            called = (dotted(func) or "").rpartition(".")[2]
            has = called == "update" and keyword(node, "beat_schedule") is not None
            return f"{dotted(func)}(…)" if called == "add_periodic_task" or has else ""
        case _:
            return ""
