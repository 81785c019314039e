"""Poetry's own table, ``[tool.poetry]``, in the words of the standards (PEP 440, 508, 621).

Only what decides an image is read: name, version, Python and the main dependencies. Poetry's
groups are for development and are never shipped.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from longshore.config.invalid import InvalidValueError, Problem, invalid, key_segment, show
from longshore.types import NormalizedName, parse_name

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)(.*)")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>|=|\^|~)?\s*([^\s,<>=!~^|]+)")
_DIRECT = ("git", "url", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoetryDependencies:
    """The main dependencies.

    Args:
        requirements: PEP 508, in the order of the file.
        extras: further requirements by extra.
        folders: those that are code in a folder, a path relative to the project's.
    """

    requirements: tuple[str, ...]
    extras: Mapping[NormalizedName, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    folders: Mapping[NormalizedName, str] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )


def poetry_table(document: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return ``[tool.poetry]`` of a ``pyproject.toml``, or an empty table."""
    tools = (document or {}).get("tool", {})
    table = tools.get("poetry", {}) if isinstance(tools, dict) else {}
    return table if isinstance(table, dict) else {}


def poetry_python(table: Mapping[str, Any]) -> str:
    """Return the Pythons that a table asks for as a specifier set, or an empty string.

    Raises:
        InvalidValueError: if it is no constraint of Poetry's, or has no equal in PEP 440.
    """
    dependencies = table.get("dependencies", {})
    value = dependencies.get("python", "*") if isinstance(dependencies, dict) else "*"
    if not isinstance(value, str):
        msg = f"expected a constraint such as '^3.11', got {show(value)}"
        raise InvalidValueError(Problem(message=msg, path="dependencies.python"))
    try:
        return translate_constraint(value)
    except InvalidValueError as error:
        raise _below(error, "dependencies.python") from error


def read_poetry(table: Mapping[str, Any]) -> PoetryDependencies:
    """Translate the main dependencies of a table.

    Raises:
        InvalidValueError: with everything that can't be translated, each with its path.
    """
    reader = _Reader()
    for name, value in _items(table, "dependencies"):
        if name != "python":
            reader.read(name, value)
    extras = {
        parse_name(name): tuple(reader.optional(name, wanted))
        for name, wanted in _items(table, "extras")
    }
    if reader.problems:
        raise InvalidValueError(*reader.problems)
    return PoetryDependencies(
        requirements=tuple(reader.needed),
        extras=MappingProxyType(extras),
        folders=MappingProxyType(reader.folders),
    )


def translate_constraint(text: str) -> str:
    """Return a version constraint of Poetry's as PEP 440 has it; any version is an empty string.

    Raises:
        InvalidValueError: for alternatives (``||``), which PEP 440 lacks, and for what is neither.
    """
    text = text.strip()
    if "|" in text:
        msg = f"expected one range, got the alternatives {text!r}"
        raise invalid(msg, hint="give each its own entry with a python or markers key")
    if text in ("", "*"):
        return ""
    clauses = []
    position = 0
    for match in _CLAUSE.finditer(text):
        if text[position : match.start()].strip(" ,"):
            break
        clauses += _clause(match[1] or "", match[2])
        position = match.end()
    if text[position:].strip(" ,") or not clauses:
        msg = f"expected a constraint such as '^1.2', got {text!r}"
        raise invalid(msg)
    return ",".join(dict.fromkeys(clauses))


def _clause(operator: str, version: str) -> list[str]:
    from packaging.specifiers import InvalidSpecifier, Specifier  # noqa: PLC0415 - as in metadata

    if operator in ("^", "~"):
        found = [f">={version}", f"<{_upper(operator, version)}"]
    elif version == "*":
        return []
    else:
        exact = operator in ("", "=")
        found = [f"{'==' if exact else operator}{version}"]
    try:
        return [str(Specifier(clause)) for clause in found]
    except InvalidSpecifier as error:
        msg = f"expected a constraint such as '^1.2', got {operator + version!r}"
        raise invalid(msg) from error


def _upper(operator: str, version: str) -> str:
    """Return the first version that a caret or tilde no longer allows."""
    match = _RELEASE.fullmatch(version)
    if match is None:
        msg = f"expected a version such as '1.2', got {version!r}"
        raise invalid(msg)
    parts = [int(part) for part in match[1].split(".")]
    if operator == "~":
        place = min(1, len(parts) - 1)
    else:
        place = next((i for i, part in enumerate(parts) if part), len(parts) - 1)
    return ".".join(map(str, [*parts[:place], parts[place] + 1]))


class _Reader:
    """Sorts entries into needed and optional ones, and collects problems."""

    def __init__(self) -> None:
        self.needed: list[str] = []
        self.folders: dict[NormalizedName, str] = {}
        self.problems: list[Problem] = []
        self._optional: dict[NormalizedName, list[str]] = {}

    def read(self, name: str, value: object) -> None:
        """Read an entry, which may be several for different environments."""
        entries = value if isinstance(value, list) else [value]
        for index, entry in enumerate(entries):
            place = f"dependencies.{key_segment(name)}"
            place += f"[{index}]" if isinstance(value, list) else ""
            try:
                self._entry(name, {"version": entry} if isinstance(entry, str) else entry)
            except InvalidValueError as error:
                self.problems += _below(error, place).problems
            except ValueError as error:
                self.problems.append(Problem(message=str(error).splitlines()[0], path=place))

    def optional(self, extra: str, wanted: object) -> Iterator[str]:
        """Yield the requirements of an extra."""
        for item in wanted if isinstance(wanted, list) else ():
            name = parse_name(str(item).partition("[")[0].strip())
            if name not in self._optional:
                msg = f"{str(item)!r} is no optional dependency"
                self.problems.append(Problem(message=msg, path=f"extras.{key_segment(extra)}"))
            yield from self._optional.get(name, ())

    def _entry(self, name: str, entry: object) -> None:
        from packaging.requirements import Requirement  # noqa: PLC0415 - as in metadata

        if not isinstance(entry, dict):
            msg = f"expected a constraint or a table, got {show(entry)}"
            raise invalid(msg)
        normal = parse_name(name)
        for kind in _DIRECT:
            if kind in entry:
                msg = f"dependencies from {kind} can't be shipped"
                raise invalid(msg, hint="publish a wheel of it, and depend on the release")
        if "path" in entry:
            self.folders[normal] = str(entry["path"])
        specifier = translate_constraint(str(entry.get("version", "*")))
        extras = entry.get("extras", [])
        wanted = f"[{','.join(map(str, extras))}]" if extras else ""
        marker = _marker(entry)
        text = str(Requirement(f"{name}{wanted}{specifier}" + (f" ; {marker}" if marker else "")))
        if entry.get("optional"):
            self._optional.setdefault(normal, []).append(text)
        else:
            self.needed.append(text)


def _marker(entry: Mapping[str, Any]) -> str:
    parts = []
    if "markers" in entry:
        parts.append(f"({entry['markers']})")
    if "platform" in entry:
        parts.append(f"sys_platform == '{entry['platform']}'")
    for clause in filter(None, translate_constraint(str(entry.get("python", "*"))).split(",")):
        match = re.fullmatch(r"([=!<>~]+)(.+)", clause)
        if match:
            parts.append(f"python_full_version {match[1]} '{match[2]}'")
    return " and ".join(parts)


def _items(table: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        msg = f"expected a table, got {show(value)}"
        raise InvalidValueError(Problem(message=msg, path=key))
    yield from value.items()


def _below(error: InvalidValueError, place: str) -> InvalidValueError:
    return InvalidValueError(*(problem.below(place) for problem in error.problems))
