"""Loads the configuration: default < file < environment variable < flag."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from os.path import relpath
from pathlib import Path
from types import MappingProxyType
from typing import Any

from longshore.config.asset import assets
from longshore.config.invalid import (
    InvalidValueError,
    Problem,
    Table,
    boolean,
    invalid,
    key_segment,
    list_of,
)
from longshore.config.places import OWN_FILE, PYPROJECT
from longshore.config.process import misplaced, processes
from longshore.config.schema import Config, Source, SourceKind, locate
from longshore.config.service import services
from longshore.config.toml import read_toml
from longshore.config.values import base_reference, debian_package, inside_path, url
from longshore.errors import ConfigError
from longshore.types import Finding, Severity

DOCS = "reference/configuration.md"
_LATER = frozenset({"registry", "platforms", "environments"})
_SHARED = ("base", "packages", "build-packages", "bytecode")
_MIRRORS = ("debian", "debian-security")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Override:
    """A value that a variable or a flag may set: where it is, how its text is read."""

    path: str
    parse: Callable[[object], Any]
    apply: Callable[[Config, Any], Config]


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    msg = f"expected true or false, got {value!r}"
    raise invalid(msg)


def _mirror(name: str) -> Callable[[Config, Any], Config]:
    def apply(config: Config, value: Any) -> Config:
        return replace(config, mirrors=MappingProxyType({**config.mirrors, name: value}))

    return apply


_BASE = _Override(
    path="base", parse=base_reference, apply=lambda config, value: replace(config, base=value)
)
_BYTECODE = _Override(
    path="bytecode", parse=_switch, apply=lambda config, value: replace(config, bytecode=value)
)
_VARIABLES = MappingProxyType(
    {
        "LONGSHORE_BASE": _BASE,
        "LONGSHORE_BYTECODE": _BYTECODE,
        "LONGSHORE_DEBIAN_MIRROR": _Override(
            path="mirrors.debian", parse=url, apply=_mirror("debian")
        ),
        "LONGSHORE_DEBIAN_SECURITY_MIRROR": _Override(
            path="mirrors.debian-security", parse=url, apply=_mirror("debian-security")
        ),
    }
)
_FLAGS = MappingProxyType({"--base": _BASE, "--bytecode": _BYTECODE})


def load_config(
    root: Path,
    *,
    environment: Mapping[str, str],
    flags: Mapping[str, str | bool | None] = MappingProxyType({}),
    workspace: Path | None = None,
) -> Config:
    """Load the configuration of the project in a folder.

    Args:
        root: the project's folder; a folder without a project file has the defaults.
        environment: environment variables; an empty value counts as unset.
        flags: what the command line says, by flag: ``--base``, ``--bytecode``; ``None`` where it
            says nothing.
        workspace: the root of the workspace that the project is a member of; its table gives the
            defaults of ``base``, ``packages``, ``build-packages``, ``bytecode`` and ``mirrors``.

    Raises:
        ConfigError: with every problem of file, environment and flags.
    """
    config, findings = _from_file(root)
    if workspace is not None and workspace != root:
        shared, more = _from_file(workspace, shown=f"{relpath(workspace, root)}/")
        config = _inherit(config, shared)
        findings += more
    given: list[tuple[str, str | bool, _Override, SourceKind]] = [
        (name, environment[name], override, SourceKind.ENVIRONMENT)
        for name, override in _VARIABLES.items()
        if environment.get(name)
    ]
    for name, override in _FLAGS.items():
        value = flags.get(name)
        if value is not None:
            given.append((name, value, override, SourceKind.FLAG))
    for place, value, override, kind in given:
        try:
            config = override.apply(config, override.parse(value))
        except InvalidValueError as error:
            findings += (_finding(problem, place) for problem in error.problems)
            continue
        sources = {**config.sources, override.path: Source(kind=kind, place=place)}
        config = replace(config, sources=MappingProxyType(sources))
    if findings:
        raise _config_error(findings)
    return config


def _from_file(root: Path, *, shown: str = "") -> tuple[Config, list[Finding]]:
    """Read the table of a folder; ``shown`` goes before its name wherever it is shown."""
    found = _find_table(root)
    if found is None:
        return Config(), []
    name, prefix, table = found
    file = shown + name
    source = Source(kind=SourceKind.FILE, place=file)
    sources = MappingProxyType(dict.fromkeys(_paths(table), source))
    origin = Config(file=file, prefix=prefix, sources=sources)
    try:
        return _read(table, origin), []
    except InvalidValueError as error:
        problems = error.problems
        return origin, [_finding(each, locate(file, prefix, each.path)) for each in problems]


def _inherit(config: Config, shared: Config) -> Config:
    """Take from the workspace's table what a member's own leaves open."""
    values: dict[str, Any] = {}
    for key in _SHARED:
        if key not in config.sources and key in shared.sources:
            name = key.replace("-", "_")
            values[name] = getattr(shared, name)
    values["mirrors"] = MappingProxyType({**shared.mirrors, **config.mirrors})
    taken = {
        path: source
        for path, source in shared.sources.items()
        if path in _SHARED or path.startswith("mirrors.")
    }
    return replace(config, **values, sources=MappingProxyType({**taken, **config.sources}))


def _find_table(root: Path) -> tuple[str, str, object] | None:
    """Return the file's name, the prefix of its keys and the table, or ``None``."""
    own = read_toml(root / OWN_FILE)
    tools = (read_toml(root / PYPROJECT) or {}).get("tool", {})
    in_project = isinstance(tools, dict) and "longshore" in tools
    if own is not None and in_project:
        msg = "longshore.toml: pyproject.toml has a [tool.longshore] table, too"
        raise ConfigError(msg, hint="keep one of them", docs=DOCS)
    if own is not None:
        return OWN_FILE, "", own
    return (PYPROJECT, "tool.longshore", tools["longshore"]) if in_project else None


def _read(value: object, origin: Config) -> Config:
    header = ".".join(filter(None, (origin.prefix, "processes")))
    table = Table(value, later=_LATER, elsewhere=misplaced(value, header))
    base = table.get("base", base_reference)
    packages = table.get("packages", list_of(debian_package)) or ()
    build_packages = table.get("build-packages", list_of(debian_package))
    include = table.get("include", list_of(inside_path)) or ()
    bytecode = table.get("bytecode", boolean)
    mirrors = table.get("mirrors", _read_mirrors) or {}
    found = table.get("processes", partial(processes, header=header)) or ()
    steps = table.get("assets", assets) or ()
    backing = table.get("services", services) or ()
    for name in sorted({one.name for one in backing} & {one.name for one in found}):
        table.reject(
            "a process has that name", key=f"services.{name}", hint="call one of them otherwise"
        )
    table.close()
    return replace(
        origin,
        base=base,
        packages=tuple(sorted(set(packages))),
        build_packages=(None if build_packages is None else tuple(sorted(set(build_packages)))),
        include=tuple(dict.fromkeys(include)),
        bytecode=origin.bytecode if bytecode is None else bytecode,
        mirrors=MappingProxyType(dict(mirrors)),
        processes=found,
        assets=steps,
        services=backing,
    )


def _read_mirrors(value: object) -> Mapping[str, str]:
    table = Table(value)
    found = {name: table.get(name, url) for name in _MIRRORS}
    table.close()
    return {name: address for name, address in found.items() if address is not None}


def _paths(value: object, path: str = "") -> Iterator[str]:
    """Yield the path of every value that is no table."""
    if not isinstance(value, dict):
        yield path
        return
    for key, inner in value.items():
        segment = key_segment(key)
        yield from _paths(inner, f"{path}.{segment}" if path else segment)


def _finding(problem: Problem, location: str) -> Finding:
    return Finding(
        rule=problem.rule,
        severity=Severity.ERROR,
        location=location,
        message=problem.message,
        hint=problem.hint,
    )


def _config_error(findings: list[Finding]) -> ConfigError:
    if len(findings) == 1:
        return ConfigError(str(findings[0]), findings=findings, hint=findings[0].hint)
    places = sorted({finding.location.partition(":")[0] for finding in findings})
    return ConfigError(f"{', '.join(places)}: {len(findings)} problems", findings=findings)
