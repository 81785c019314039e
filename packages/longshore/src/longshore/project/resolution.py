"""What a ``pyproject.toml`` tells its tool about resolving: indexes, overrides, constraints.

Read for a project that its own tool has not locked. Poetry's ``[[tool.poetry.source]]``, PDM's
``[[tool.pdm.source]]`` and ``[tool.pdm.resolution.overrides]``, uv's ``[[tool.uv.index]]``,
``override-dependencies`` and ``constraint-dependencies``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from longshore.config.invalid import InvalidValueError, Problem, key_segment, show
from longshore.types import NormalizedName, parse_name

_PYPI = "pypi"
_POETRY_EXPORT = "poetry export --format requirements.txt -o requirements.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a project is resolved.

    Args:
        index_url: the index in place of the usual one, as written.
        extra_index_urls: further ones, which are asked first.
        overrides: PEP 508; they hold whatever packages ask for.
        constraints: PEP 508; they hold in addition.
        unlockable: what comes from a place that no other tool can be told of, and what to do.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    unlockable: Mapping[NormalizedName, str] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )


def read_resolution(document: Mapping[str, Any]) -> Resolution:
    """Read what the tools' tables say; what a tool would not understand is left to the tool.

    Raises:
        InvalidValueError: with each override that is no requirement.
    """
    tools = document.get("tool", {})
    poetry, pdm, uv = (_table(tools, name) for name in ("poetry", "pdm", "uv"))
    main: list[str] = []
    extra: list[str] = []
    for is_main, url in (*_of_poetry(poetry), *_of_pdm(pdm), *_of_uv(uv)):
        (main if is_main and not main else extra).append(url)
    return Resolution(
        index_url=next(iter(main), None),
        extra_index_urls=tuple(extra),
        overrides=(*_overrides(pdm), *_strings(uv, "override-dependencies")),
        constraints=tuple(_strings(uv, "constraint-dependencies")),
        unlockable=MappingProxyType(dict((*_explicit(poetry), *_of_uv_only(uv)))),
    )


def _of_poetry(poetry: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    """Yield the URLs of the sources, and whether each takes the place of PyPI.

    That is so for primary ones, unless PyPI is named, too.
    """
    sources = list(_tables(poetry, "source"))
    has_pypi = any(_name(source) == _PYPI for source in sources)
    for source in sources:
        priority = source.get("priority", "primary")
        if source.get("secondary") is True:
            priority = "supplemental"
        if priority != "explicit" and isinstance(source.get("url"), str):
            yield priority in {"primary", "default"} and not has_pypi, source["url"]


def _of_pdm(pdm: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    for source in _tables(pdm, "source"):
        if source.get("type", "index") == "index" and isinstance(source.get("url"), str):
            yield _name(source) == _PYPI, source["url"]


def _of_uv(uv: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    for index in _tables(uv, "index"):
        if index.get("explicit") is not True and isinstance(index.get("url"), str):
            yield index.get("default") is True, index["url"]
    yield from ((False, url) for url in _strings(uv, "extra-index-url"))
    if isinstance(uv.get("index-url"), str):
        yield True, uv["index-url"]


def _overrides(pdm: Mapping[str, Any]) -> tuple[str, ...]:
    """Return PDM's overrides: a version, a range or a URL for a name."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - as there

    found = []
    problems = []
    for name, value in _table(_table(pdm, "resolution"), "overrides").items():
        text = f"{name} {value}"
        if isinstance(value, str) and "://" in value:
            text = f"{name} @ {value}"
        elif isinstance(value, str) and value[:1].isdigit():
            text = f"{name}=={value}"
        try:
            found.append(str(Requirement(text)))
        except InvalidRequirement:
            msg = f"expected a version such as '1.2' or '>=1.2', got {show(value)}"
            path = f"tool.pdm.resolution.overrides.{key_segment(name)}"
            problems.append(Problem(message=msg, path=path))
    if problems:
        raise InvalidValueError(*problems)
    return tuple(found)


def _explicit(poetry: Mapping[str, Any]) -> Iterator[tuple[NormalizedName, str]]:
    """Yield the dependencies that come from a source which only they may use."""
    explicit = {
        _name(source)
        for source in _tables(poetry, "source")
        if source.get("priority") == "explicit" and _name(source) != _PYPI
    }
    for name, value in _table(poetry, "dependencies").items():
        for entry in value if isinstance(value, list) else [value]:
            source = entry.get("source") if isinstance(entry, dict) else None
            if isinstance(source, str) and source.lower() in explicit:
                yield (
                    parse_name(name),
                    f"it comes from {source!r} only: run `{_POETRY_EXPORT}`",
                )


def _of_uv_only(uv: Mapping[str, Any]) -> Iterator[tuple[NormalizedName, str]]:
    """Yield what uv takes from elsewhere: a repository, a URL, an index of its own."""
    for name, source in _table(uv, "sources").items():
        is_table = isinstance(source, dict)
        is_ours = is_table and (source.get("workspace") is True or "path" in source)
        if not is_ours:
            yield parse_name(name), "tool.uv.sources has it: run `uv lock`"


def _name(source: Mapping[str, Any]) -> str:
    return str(source.get("name", "")).lower()


def _table(table: object, key: str) -> Mapping[str, Any]:
    value = table.get(key) if isinstance(table, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _tables(table: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    value = table.get(key)
    yield from (one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def _strings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
