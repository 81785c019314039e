"""Task queues other than Celery: RQ, Dramatiq, arq, Huey, taskiq; and APScheduler."""

import ast
from collections.abc import Callable, Iterator
from typing import Final

from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading
from longshore.project.detect.syntax import (
    Assigned,
    Defined,
    Function,
    Module,
    calls,
    dotted,
    keyword,
    snippet,
    string,
)
from longshore.project.detect.values import Made
from longshore.types import CommandLine, Finding, ProcessKind, Severity

_HUEYS: Final = {
    f"huey.{name}Huey" for name in ("", "Redis", "Sqlite", "File", "Memory", "PriorityRedis")
} | {"huey.RedisExpireHuey", "huey.PriorityRedisExpireHuey", "huey.contrib.redis_huey.RedisHuey"}
_LOOPS: Final = {
    "clock": ProcessKind.SCHEDULER,
    "consumer": ProcessKind.WORKER,
    "scheduler": ProcessKind.SCHEDULER,
    "worker": ProcessKind.WORKER,
}
_SCHEDULERS = ("BlockingScheduler",)
_INSIDE = ("BackgroundScheduler", "AsyncIOScheduler")


def find_queues(reading: Reading) -> Iterator[Candidate]:
    """Yield a worker or scheduler for each queue that is used."""
    finders: tuple[Callable[[Reading], Iterator[Candidate]], ...] = (
        _rq,
        _dramatiq,
        _arq,
        _huey,
        _taskiq,
        _apscheduler,
    )
    for finder in finders:
        yield from finder(reading)


def _candidate(
    argv: tuple[str, ...],
    framework: str,
    module: Module,
    line: int,
    text: str,
    *,
    kind: ProcessKind = ProcessKind.WORKER,
) -> Candidate:
    return Candidate(
        evidence=Evidence.SAID,
        serve=CommandLine(argv),
        framework=framework,
        location=f"{module.path}:{line}",
        text=text,
        kind=kind,
        singleton=kind is ProcessKind.SCHEDULER,
    )


def _made(reading: Reading) -> Iterator[tuple[Module, str, Assigned, Made]]:
    """Yield every object that a module assigns at its top level."""
    for module in reading.shipped:
        for name, bindings in module.scope.names.items():
            last = bindings[-1]
            if isinstance(last, Assigned):
                found = reading.resolver.attribute(module, name)
                if isinstance(found, Made):
                    yield module, name, last, found


def _rq(reading: Reading) -> Iterator[Candidate]:
    """One worker for every queue that is named: ``rq worker high default``.

    Something must be enqueued: a dashboard of other people's queues needs no worker.
    """
    names: dict[str, tuple[Module, ast.Call]] = {}
    enqueues = False
    for module in reading.shipped:
        enqueues = enqueues or any(
            reading.calls(module, "enqueue", "enqueue_in", "enqueue_at", "enqueue_call", "job")
        )
        for call in reading.calls(module, "Queue"):
            name = reading.resolver.full_name(call.node.func, module, call.body.scope)
            if name in {"rq.Queue", "rq.queue.Queue"}:
                given = call.node.args[0] if call.node.args else keyword(call.node, "name")
                names.setdefault(string(given) or "default", (module, call.node))
    if names and enqueues:
        module, node = next(iter(names.values()))
        argv = ("rq", "worker", *names)
        yield _candidate(argv, "RQ", module, node.lineno, snippet(ast.Expr(node)))


def _dramatiq(reading: Reading) -> Iterator[Candidate]:
    """One worker for every module with actors; the one that sets the broker comes first."""
    actors: list[tuple[Module, Function]] = []
    brokers: list[str] = []
    for module in reading.shipped:
        if "dramatiq" not in (reading.files.text(module.path) or ""):
            continue
        for function in (one for one in module.tree.body if isinstance(one, Function)):
            for decorator in function.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                if reading.resolver.full_name(target, module) == "dramatiq.actor":
                    actors.append((module, function))
        if any((dotted(call.func) or "").endswith("set_broker") for call in calls([module.tree])):
            brokers.append(module.name)
    if actors:
        module, function = actors[0]
        modules = dict.fromkeys([*brokers, *(one.name for one, _ in actors)])
        text = f"@dramatiq.actor {snippet(function)}"
        yield _candidate(("dramatiq", *modules), "Dramatiq", module, function.lineno, text)


def _arq(reading: Reading) -> Iterator[Candidate]:
    for module in reading.shipped:
        for name, bindings in module.scope.names.items():
            last = bindings[-1]
            if not isinstance(last, Defined) or not isinstance(last.node, ast.ClassDef):
                continue
            assigned = {
                target.id
                for one in last.node.body
                if isinstance(one, ast.Assign | ast.AnnAssign)
                for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
                if isinstance(target, ast.Name)
            }
            is_settings = name.startswith("WorkerSettings") or name.endswith("WorkerSettings")
            if is_settings and assigned & {"functions", "cron_jobs"}:
                argv = ("arq", f"{module.name}.{name}")
                yield _candidate(argv, "arq", module, last.line, f"class {name}")


def _huey(reading: Reading) -> Iterator[Candidate]:
    for module, name, binding, found in _made(reading):
        if found.maker in _HUEYS:
            argv = ("huey_consumer", f"{module.name}.{name}")
            yield _candidate(argv, "Huey", module, binding.line, binding.text)


def _taskiq(reading: Reading) -> Iterator[Candidate]:
    for module, name, binding, found in _made(reading):
        package, _, last = found.maker.rpartition(".")
        is_taskiq = package.partition(".")[0].startswith("taskiq")
        if is_taskiq and last.endswith("Broker") and last != "InMemoryBroker":
            argv = ("taskiq", "worker", f"{module.name}:{name}")
            yield _candidate(argv, "taskiq", module, binding.line, binding.text)
        elif is_taskiq and last == "TaskiqScheduler":
            argv = ("taskiq", "scheduler", f"{module.name}:{name}")
            kind = ProcessKind.SCHEDULER
            yield _candidate(argv, "taskiq", module, binding.line, binding.text, kind=kind)


def find_loops(reading: Reading) -> Iterator[Candidate]:
    """Yield modules that are called a worker or a clock and run as a script."""
    for module in reading.shipped:
        kind = _LOOPS.get(module.last_name)
        if kind is not None and module.main:
            argv = ("python", "-m", module.name)
            line = module.main[0].lineno - 1
            text = 'if __name__ == "__main__"'
            yield _candidate(argv, "script", module, line, text, kind=kind)


def _apscheduler(reading: Reading) -> Iterator[Candidate]:
    """A scheduler that blocks is a process of its own: ``python -m shop.clock``."""
    for module, line, text, name in _apscheduler_calls(reading):
        if name in _SCHEDULERS:
            argv = ("python", "-m", module.name)
            kind = ProcessKind.SCHEDULER
            yield _candidate(argv, "APScheduler", module, line, text, kind=kind)


def _apscheduler_calls(reading: Reading) -> Iterator[tuple[Module, int, str, str]]:
    for module in reading.shipped:
        for call in reading.calls(module, *_SCHEDULERS, *_INSIDE):
            name = reading.resolver.full_name(call.node.func, module, call.body.scope) or ""
            if name.startswith("apscheduler."):
                yield module, call.node.lineno, snippet(ast.Expr(call.node)), call.name


def schedulers_in_web(reading: Reading) -> Iterator[Finding]:
    """Warn of schedulers that would run once in every replica of a web process."""
    for module, line, _, name in _apscheduler_calls(reading):
        if name in _INSIDE:
            yield Finding(
                rule="detect.scheduler-in-web",
                severity=Severity.WARNING,
                location=f"{module.path}:{line}",
                message=f"{name} runs once in every replica of the web process",
                hint="give it a process of its own with singleton = true, or scale = { max = 1 }",
            )
