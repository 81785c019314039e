"""Reads one ``processes.<name>`` table."""

import re
from collections.abc import Mapping

from longshore.config.invalid import (
    InvalidValueError,
    Table,
    boolean,
    choice,
    integer,
    invalid,
    list_of,
    mapping_of,
    show,
    text,
)
from longshore.config.leak import credential_kind
from longshore.config.schedule import schedule
from longshore.config.schema import ProcessConfig
from longshore.config.values import absolute_folder, cpu, duration, parsed, size, variable
from longshore.types import (
    SERVERS,
    Asgi,
    CommandLine,
    EntryPoint,
    Process,
    ProcessKind,
    Resources,
    Restart,
    Scale,
    Wsgi,
)
from longshore.types.process import MAX_PORT, ONCE

DEFAULT_PORT = 8000
_MAX_REPLICAS = 10_000
_PERCENT = 100
_BEFORE_DEPLOY = "before-deploy"
_SERVE = ("asgi", "wsgi", "command")
_KEYS = frozenset(
    {*_SERVE, "drain", "env", "kind", "port", "resources", "run", "scale", "schedule", "secrets"}
    | {"singleton", "writable"}
)
_USUAL = frozenset({"app", "application", "api", "asgi", "wsgi", "create_app", "server"})
"""Attributes that people write behind a dot where a colon belongs."""


def process_name(value: object) -> str:
    """Accept a process's name, which names of objects derive from."""

    def check(name: str) -> str:
        Process(name=name, kind=ProcessKind.WORKER, serve=CommandLine(("true",)))
        return name

    try:
        return parsed(check)(value)
    except InvalidValueError as error:
        better = re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")
        hint = f"write {better!r}" if better[:1].isalpha() else None
        raise invalid(str(error), hint=hint) from error


def process(name: str, value: object) -> ProcessConfig:
    """Read the table of one process.

    Raises:
        InvalidValueError: with everything that is wrong in it.
    """
    table = Table(value)
    serve = _serve(table)
    server = _server(table, serve)
    cron = table.get("schedule", schedule)
    kind = _kind(table)
    port = table.get("port", integer(1, MAX_PORT))
    singleton = table.get("singleton", boolean)
    drain = table.get("drain", duration)
    writable = table.get("writable", list_of(absolute_folder))
    env = table.get("env", _environment) or {}
    secrets = table.get("secrets", _secrets) or ()
    resources = table.get("resources", _resources)
    scale = table.get("scale", _scale) or Scale()
    restart = table.get("restart", choice(*Restart))
    for both in sorted(set(env) & set(secrets)):
        table.reject(f"{both!r} is also in env", key="secrets", hint="keep one of them")
    if singleton and scale.maximum > 1:
        table.reject(
            f"a singleton runs once, got max {scale.maximum}",
            key="scale",
            hint="remove singleton, or scale",
        )
    if restart is not None and kind in ONCE:
        table.reject(
            f"a process of kind {kind.value!r} runs once, and is not started again",
            key="restart",
            hint="remove it",
        )
    table.close()
    return ProcessConfig(
        name=name,
        kind=kind,
        serve=serve,
        port=DEFAULT_PORT if port is None and kind is ProcessKind.WEB else port,
        schedule=cron,
        singleton=bool(singleton),
        drain=ProcessConfig(name=name).drain if drain is None else drain,
        writable=tuple(sorted(set(writable or ()))),
        env=env,
        secrets=tuple(sorted(set(secrets))),
        resources=resources or Resources(),
        scale=scale,
        restart=Restart.ON_FAILURE if restart is None else Restart(restart),
        server=server,
    )


def _server(table: Table, serve: Asgi | Wsgi | CommandLine | None) -> str | None:
    """Return the server that is asked for; a build sees whether the lock has it."""
    server = table.get("server", choice(*SERVERS))
    if server is None or serve is None:
        return server
    if isinstance(serve, CommandLine):
        table.reject("a command is its own server", key="server", hint="remove it, or command")
    elif type(serve) not in SERVERS[server]:
        speaks = "ASGI" if SERVERS[server] == (Asgi,) else "WSGI"
        table.reject(f"{server} serves {speaks} applications only", key="server")
    return server


def _serve(table: Table) -> Asgi | Wsgi | CommandLine | None:
    asgi = table.get("asgi", entry_point)
    wsgi = table.get("wsgi", entry_point)
    command = table.get("command", command_line)
    written = [key for key in _SERVE if table.has(key)]
    if len(written) > 1:
        table.reject(
            f"expected one of asgi, wsgi, command, got {' and '.join(written)}",
            hint="give each its own process",
        )
    if asgi is not None:
        return Asgi(asgi)
    if wsgi is not None:
        return Wsgi(wsgi)
    return command


def entry_point(value: object) -> EntryPoint:
    """Accept ``package.module:attribute``; a path or a dotted name says how it would be."""
    written = text(value).strip()
    module, colon, attribute = written.partition(":")
    is_path = module.endswith(".py") or "/" in module
    try:
        if not is_path:
            return EntryPoint.parse(written)
        msg = f"expected 'package.module:attribute', got {written!r}"
    except ValueError as error:
        msg = str(error)
    if is_path:
        module = module.removesuffix(".py").removeprefix("./").strip("/").replace("/", ".")
        module = module.removeprefix("src.")
    if not colon:
        before, _, last = module.rpartition(".")
        module, attribute = (before, last) if before and last in _USUAL else (module, "app")
    try:
        hint = f"write '{EntryPoint.parse(f'{module}:{attribute}')}'"
    except ValueError:
        raise invalid(msg) from None
    raise invalid(msg, hint=hint)


def command_line(value: object) -> CommandLine:
    """Accept a program and its arguments; one string is no array, and says how it would be."""
    if isinstance(value, str):
        import shlex  # noqa: PLC0415 - only this message needs it

        words = ", ".join(f'"{word}"' for word in shlex.split(value, posix=True))
        msg = f"expected an array of words, got {show(value)}"
        raise invalid(msg, hint=f"no shell is involved; write [{words}]")
    argv = list_of(text)(value)
    if not argv:
        msg = "expected a program and its arguments, got an empty array"
        raise invalid(msg)
    return CommandLine(argv)


def _kind(table: Table) -> ProcessKind | None:
    """Return the kind that is written, or that the other keys imply."""
    written = table.get("kind", choice(*ProcessKind))
    run = table.get("run", choice(_BEFORE_DEPLOY))
    implied = {
        key: kind
        for key, kind in (
            ("schedule", ProcessKind.CRON),
            ("run", ProcessKind.RELEASE),
            ("asgi", ProcessKind.WEB),
            ("wsgi", ProcessKind.WEB),
        )
        if table.has(key)
    }
    if len(set(implied.values())) > 1:
        table.reject(f"{' and '.join(sorted(implied))} do not go together")
        return None
    key, kind = next(iter(implied.items()), ("", None))
    if written is not None and kind is not None and written != kind:
        table.reject(f"{key} goes with kind {kind.value!r} only, got {written!r}", key="kind")
    if written == ProcessKind.CRON and not table.has("schedule"):
        table.reject("kind 'cron' needs a schedule", key="kind", hint='add schedule = "0 3 * * *"')
    if written is not None:
        return ProcessKind(written)
    if kind is None and table.has("command"):
        return ProcessKind.WORKER
    return kind if run or key != "run" else None


def _secrets(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        names = ", ".join(f'"{name}"' for name in value)
        msg = "expected an array, got a table"
        raise invalid(msg, hint=f"write the names only, [{names}]; the values belong elsewhere")
    return list_of(variable)(value)


def _environment(value: object) -> Mapping[str, str]:
    if isinstance(value, list):
        msg = "expected a table, got an array"
        raise invalid(msg, hint='write { NAME = "value" }')
    return mapping_of(variable, _setting)(value)


def setting_text(value: object) -> str:
    """Accept the value of an environment variable; numbers and switches say how to quote them."""
    if not isinstance(value, str):
        msg = f"expected a string, got {show(value)}"
        quoted = isinstance(value, bool | int | float)
        raise invalid(msg, hint=f'write "{str(value).lower()}"' if quoted else None)
    return value


def _setting(name: str, value: object) -> str:
    value = setting_text(value)
    kind = credential_kind(name, value)
    if kind is not None:  # the value itself must not reach a terminal or a log of CI
        msg = f"looks like {kind}"
        hint = f'write secrets = ["{name}"] instead, and set the value where the service runs'
        raise invalid(msg, hint=hint)
    return value


def _resources(value: object) -> Resources:
    table = Table(value)
    resources = Resources(
        cpu_millicores=table.get("cpu", cpu), memory_bytes=table.get("memory", size)
    )
    table.close()
    return resources


def _scale(value: object) -> Scale:
    if isinstance(value, int) and not isinstance(value, bool):
        msg = f"expected a table, got {value}"
        raise invalid(msg, hint=f"write {{ min = {value}, max = {value} }}")
    table = Table(value)
    replicas = integer(0, _MAX_REPLICAS)
    minimum = table.get("min", replicas)
    maximum = table.get("max", replicas)
    percent = table.get("cpu", integer(1, _PERCENT))
    low = 1 if minimum is None else minimum
    high = max(low, 1) if maximum is None else maximum
    if low > high:
        table.reject(f"expected min <= max, got min {low} and max {high}")
    table.close()
    return Scale(minimum=low, maximum=high, cpu_percent=percent)


def misplaced(value: object, header: str) -> Mapping[str, str]:
    """Return what to do about keys of a process that stand in the table around the processes.

    Args:
        value: that table.
        header: of the table that has the processes: ``tool.longshore.processes``.
    """
    found: dict[str, str] = {}
    for key, inner in (value if isinstance(value, dict) else {}).items():
        if key in _KEYS:
            found[key] = f"it belongs to a process: write it below [{header}.web]"
        elif isinstance(inner, dict) and set(_SERVE) & set(inner):
            found[key] = f"write [{header}.{key}]"
    return found


def processes(value: object, *, header: str = "processes") -> tuple[ProcessConfig, ...]:
    """Read the ``processes`` table; sorted by name."""
    if isinstance(value, list):
        msg = "expected a table, got an array"
        raise invalid(msg, hint=f"give each a table with its name: [{header}.web]")
    by_name = mapping_of(process_name, process)(value)
    return tuple(by_name[name] for name in sorted(by_name))
