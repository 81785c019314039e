"""The configuration as a list of values with their sources, for people and for JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from longshore.config.leak import credential_kind
from longshore.config.schema import AssetConfig, Config, ProcessConfig, ServiceConfig, Source
from longshore.types import Asgi, CommandLine, Wsgi
from longshore.types.process import ONCE

_UNITS = (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10))
Value = str | int | float | bool | list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value: where it is in the schema, what it is (as JSON has it), who said so."""

    path: str
    value: Value
    source: Source


def settings(config: Config) -> tuple[Setting, ...]:
    """Return every value of the configuration, in the schema's order."""
    values: list[tuple[str, Value]] = [
        ("base", config.base),
        ("packages", list(config.packages)),
        (
            "build-packages",
            None if config.build_packages is None else list(config.build_packages),
        ),
        ("include", list(config.include)),
        ("bytecode", config.bytecode),
        *((f"mirrors.{name}", address) for name, address in sorted(config.mirrors.items())),
    ]
    for process in config.processes:
        values += ((f"processes.{process.name}.{key}", value) for key, value in _process(process))
    for index, entry in enumerate(config.assets):
        values += ((f"assets[{index}].{key}", value) for key, value in _asset(entry))
    for service in config.services:
        values += ((f"services.{service.name}{key}", value) for key, value in _service(service))
    return tuple(
        Setting(path=path, value=value, source=_source(config, path)) for path, value in values
    )


def _source(config: Config, path: str) -> Source:
    """Return where a value came from; an array, and a service's short form, are one value."""
    whole = path.partition("[")[0]
    short = path.removesuffix(".image")
    return config.source(short if short in config.sources else whole)


def _service(service: ServiceConfig) -> Iterator[tuple[str, Value]]:
    yield ".image", str(service.image)
    yield ".port", service.port
    if service.command:
        yield ".command", list(service.command)
    for name, value in sorted(service.env.items()):
        # Allowed, as it opens nothing elsewhere; a terminal or a log needs it no more than others.
        yield f".env.{name}", "***" if credential_kind(name, value) else value
    yield from ((f".url.{name}", value) for name, value in sorted(service.addresses.items()))


def _asset(entry: AssetConfig) -> Iterator[tuple[str, Value]]:
    yield "command", list(entry.command)
    yield "outputs", [str(path) for path in entry.outputs]
    yield "inputs", list(entry.inputs)
    yield from ((f"env.{name}", value) for name, value in sorted(entry.env.items()))


def _process(process: ProcessConfig) -> Iterator[tuple[str, Value]]:
    cpu, memory = process.resources.cpu_millicores, process.resources.memory_bytes
    optional: list[tuple[str, Value]] = [
        ("kind", process.kind.value if process.kind else None),
        ("port", process.port),
        ("schedule", process.schedule),
        ("resources.cpu", None if cpu is None else f"{cpu}m"),
        ("resources.memory", None if memory is None else render_size(memory)),
        ("scale.cpu", process.scale.cpu_percent),
    ]
    yield from _serve(process)
    if process.server is not None:
        yield "server", process.server
    yield from ((key, value) for key, value in optional if value is not None)
    yield "singleton", process.singleton
    yield "drain", f"{process.drain:g}s"
    yield "writable", [str(path) for path in process.writable]
    yield from ((f"env.{name}", value) for name, value in sorted(process.env.items()))
    yield "secrets", list(process.secrets)
    yield "scale.min", process.scale.minimum
    yield "scale.max", process.scale.maximum
    if process.kind not in ONCE:
        yield "restart", process.restart.value


def _serve(process: ProcessConfig) -> Iterator[tuple[str, Value]]:
    match process.serve:
        case Asgi(app):
            yield "asgi", str(app)
        case Wsgi(app):
            yield "wsgi", str(app)
        case CommandLine(argv):
            yield "command", list(argv)
        case None:
            pass


def render_size(count: int) -> str:
    """Return bytes in the largest binary unit that divides them: ``256Mi``."""
    for unit, factor in _UNITS:
        if count % factor == 0:
            return f"{count // factor}{unit}"
    return str(count)
