"""What ``up`` and ``run`` start, as values: project and image in, run specifications out; pure."""

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from longshore.build.image import process_arguments, process_port
from longshore.config.places import name_table
from longshore.engines.interface import LoadedImage, Port, RunSpec, Volume
from longshore.engines.named import LASTING, choose_lasting
from longshore.engines.ports import LOOPBACK
from longshore.errors import ProjectError
from longshore.types import CommandLine, Process, ProcessKind, Project, Secret

GRACE_MARGIN = 10.0
"""Seconds on top of a process's drain for its shutdown hooks and last output."""

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """The processes of one ``up``.

    Args:
        before: run to their end, one after the other, before anything else starts.
        lasting: web processes first, then workers and schedulers.
        ports: the host port of each web process, by name.
    """

    before: tuple[Process, ...]
    lasting: tuple[Process, ...]
    ports: Mapping[str, int]

    @property
    def processes(self) -> tuple[Process, ...]:
        """All that is started, in the order of starting."""
        return (*self.before, *self.lasting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What processes get of the databases and caches beside them.

    Args:
        variables: their addresses; whatever the project or the user says of the same name wins.
        networked: whether there are any, on a network of the service's own.
    """

    variables: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    networked: bool = False


NO_SUPPLY = Supply()


def plan_service(
    project: Project, *, only: Sequence[str] = (), port: int | None = None
) -> ServicePlan:
    """Choose what ``up`` starts, and where the web processes listen.

    Args:
        project: with its processes; cron jobs and one-off jobs are left alone.
        only: the names of those that are wanted; none for all.
        port: for the first web process, instead of its own; further ones keep theirs, or take
            the next one that no other has, whether that is wanted or not.

    Raises:
        ProjectError: if the project has nothing that keeps running.
        UsageError: for a name that is not one of what keeps running.
    """
    lasting = sorted(
        (process for process in project.processes if process.kind in LASTING),
        key=lambda process: (LASTING.index(process.kind), process.name != "web"),
    )
    if not lasting:
        msg = f"{project.name} has no web, worker or scheduler process: nothing would keep running"
        raise ProjectError(msg, hint=_nothing_hint(project))
    names = choose_lasting(lasting, only, project)
    before = tuple(each for each in project.processes if each.kind is ProcessKind.RELEASE)
    if port is not None:
        lasting.sort(key=lambda each: each.name not in names)
    ports = _assign_ports(lasting, port)
    return ServicePlan(
        before=before,
        lasting=tuple(each for each in lasting if each.name in names),
        ports={name: number for name, number in ports.items() if name in names},
    )


def _nothing_hint(project: Project) -> str:
    """Return the table for the one command that there is, should it be a server; else any."""
    table = name_table(project.root, "processes.web")
    commands = [
        one.serve
        for one in project.processes
        if one.kind is ProcessKind.JOB and isinstance(one.serve, CommandLine)
    ]
    if not commands:
        return (
            f'add one, for example to {table}: asgi = "package.module:app"; '
            "for a single command use 'longshore run -- CMD'"
        )
    argv = commands[0].argv
    return (
        f"if it is a server, add to {table}: command = {json.dumps(list(argv))}, "
        'kind = "web", with the options that make it listen on 0.0.0.0:8000; '
        f"to run it once: longshore run -- {shlex.join(argv)}"
    )


def plan_run(
    process: Process,
    image: LoadedImage,
    *,
    run_id: str,
    service: str,
    settings: Mapping[str, Secret],
    port: int | None = None,
    shares_network: bool,
    supply: Supply = NO_SUPPLY,
) -> RunSpec:
    """Return how to start a process of the service.

    Args:
        process: what to start.
        image: where it is.
        run_id: names this start.
        service: the service's name.
        settings: the user's; they win over the process's own.
        port: on the host, for a web process.
        shares_network: whether the engine lets it bind the host's loopback itself.
        supply: of what runs beside it.
    """
    inside = port if shares_network and port is not None else process_port(process)
    env = dict(supply.variables)
    env |= {name: Secret(value) for name, value in process.env.items()}
    env |= _budget(process) | dict(settings)
    if port is not None:
        env["PORT"] = Secret(str(inside))
    args = process_arguments(process)
    if shares_network:
        own = _env_on_loopback(process, inside)
        env |= {name: own[name] for name in own if name not in settings}
        env["LONGSHORE_HOST"] = Secret(LOOPBACK)
        args = _on_loopback(args, process_port(process), inside)
    return RunSpec(
        run_id=run_id,
        service=service,
        process=process.name,
        image=image,
        args=args,
        env=env,
        port=None if port is None else Port(host=port, container=inside),
        volumes=plan_volumes(process.writable),
        networked=supply.networked,
        memory_bytes=process.resources.memory_bytes,
    )


def _env_on_loopback(process: Process, wanted: int) -> dict[str, Secret]:
    """Return the process's own settings that say address and port, with the other ones."""
    port = str(process_port(process))
    changed = {name: LOOPBACK for name, value in process.env.items() if value == _EVERYWHERE}
    changed |= {
        name: str(wanted)
        for name, value in process.env.items()
        if name.endswith("PORT") and value == port
    }
    return {name: Secret(value) for name, value in changed.items()}


def _on_loopback(args: tuple[str, ...], own: int, wanted: int) -> tuple[str, ...]:
    """Return a command line that listens on loopback, and on another port than its own.

    Only where it says both as servers do: ``--port=8001``, ``-p 8001``, ``0.0.0.0:8001``, ``8001``
    by itself; a program that asks for ``PORT`` has it in its environment.
    """
    port = re.compile(rf"(-.*port=|(?:-[^=]*=)?(?:[\d.]*|localhost|\[::\]):){own}")
    address = re.compile(rf"(^|=){re.escape(_EVERYWHERE)}(?=:|$)")
    changed = []
    for before, word in zip(("", *args), args, strict=False):
        is_option = before.startswith("-") and "=" not in before
        if word == str(own) and (not is_option or before == "-p" or before.endswith("port")):
            changed.append(str(wanted))
            continue
        match = port.fullmatch(word)
        changed.append(address.sub(rf"\g<1>{LOOPBACK}", f"{match[1]}{wanted}" if match else word))
    return tuple(changed)


def plan_command(
    project: Project,
    image: LoadedImage,
    argv: tuple[str, ...],
    *,
    run_id: str,
    settings: Mapping[str, Secret],
    supply: Supply = NO_SUPPLY,
) -> RunSpec:
    """Return how to run one command with the environment and the storage of the whole service.

    The runtime is left out: it would write its own lines between the command's.
    """
    env = {
        name: Secret(value) for process in project.processes for name, value in process.env.items()
    }
    writable = {path for process in project.processes for path in process.writable}
    return RunSpec(
        run_id=run_id,
        service=project.name,
        process="run",
        image=image,
        entrypoint=argv[:1],
        args=argv[1:],
        env=dict(supply.variables) | env | dict(settings),
        volumes=plan_volumes(sorted(writable)),
        networked=supply.networked,
    )


def plan_named(
    process: Process,
    image: LoadedImage,
    *,
    run_id: str,
    service: str,
    settings: Mapping[str, Secret],
    supply: Supply = NO_SUPPLY,
) -> RunSpec:
    """Return how to run a process of the service once, in the foreground.

    Its command is started by itself: the runtime would write its own lines between.
    """
    spec = plan_run(
        process,
        image,
        run_id=run_id,
        service=service,
        settings=settings,
        shares_network=False,
        supply=supply,
    )
    if not isinstance(process.serve, CommandLine):
        return spec
    argv = process.serve.argv
    return replace(spec, entrypoint=argv[:1], args=argv[1:])


def plan_volumes(targets: Iterable[PurePosixPath]) -> tuple[Volume, ...]:
    """Return a volume per writable folder; the name follows from the path alone."""
    return tuple(Volume(name=volume_name(target), target=target) for target in targets)


def volume_name(target: PurePosixPath) -> str:
    """Return a name that engines accept: ``/data/cache`` is ``data-cache``.

    A path that such a name would not lead back to gets a hash in addition.
    """
    path = str(target)
    name = re.sub(r"[^a-z0-9]+", "-", path.strip("/").lower()).strip("-")
    if "/" + name.replace("-", "/") == path:
        return name
    suffix = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{name}-{suffix}".lstrip("-")


def grace_of(process: Process) -> float:
    """Return how many seconds a process may take to stop."""
    return process.drain + GRACE_MARGIN


def _budget(process: Process) -> dict[str, Secret]:
    # The runtime's own deadline has to end before the engine's SIGKILL.
    return {
        "LONGSHORE_IN_FLIGHT_TIMEOUT": Secret(f"{process.drain:g}"),
        "LONGSHORE_GRACE_PERIOD": Secret(f"{grace_of(process):g}"),
    }


def _assign_ports(processes: Iterable[Process], first: int | None) -> dict[str, int]:
    ports: dict[str, int] = {}
    for process in processes:
        if process.kind is not ProcessKind.WEB:
            continue
        wanted = first if first is not None and not ports else process_port(process)
        while wanted in ports.values():
            wanted += 1
        ports[process.name] = wanted
    return ports
