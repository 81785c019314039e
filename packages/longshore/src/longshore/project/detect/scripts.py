"""Console scripts and plug-in commands: what a distribution installs as programs.

Entry points are read from ``pyproject.toml`` (PEP 621 and Poetry's table), ``setup.cfg`` and a
literal ``setup.py`` (PyPA: entry points specification).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from longshore.project.detect.backends import read_ini, setup_call, table
from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.syntax import keyword, string

CONSOLE = "console_scripts"
CELERY = "celery.commands"


@dataclass(frozen=True, slots=True, order=True)
class Script:
    """One entry point: ``name = module:attribute`` and where it says so."""

    name: str
    module: str
    attribute: str
    location: str
    group: str = CONSOLE

    @property
    def target(self) -> str:
        """``shop.cli:main``."""
        return f"{self.module}:{self.attribute}"

    @property
    def text(self) -> str:
        """``shop = "shop.cli:main"``, as in ``[project.scripts]``."""
        return f'{self.name} = "{self.target}"'


def read_scripts(document: Mapping[str, Any], files: ProjectFiles) -> tuple[Script, ...]:
    """Return the console scripts and Celery's plug-in commands, by name."""
    found: dict[tuple[str, str], Script] = {}
    for script in (*_from_setup_py(files), *_from_setup_cfg(files), *_from_document(document)):
        found[script.group, script.name] = script
    return tuple(sorted(found.values()))


def _script(name: str, value: object, location: str, group: str = CONSOLE) -> Script | None:
    if isinstance(value, Mapping):  # Poetry: { reference = "…", type = "console" }
        value = value.get("reference") or value.get("callable")
    if not isinstance(value, str):
        return None
    target = value.partition("[")[0].strip()
    module, separator, attribute = target.partition(":")
    if not separator:
        return None
    return Script(name.strip(), module.strip(), attribute.strip(), location, group)


def _from_document(document: Mapping[str, Any]) -> Iterator[Script]:
    places = [
        (("project", "scripts"), CONSOLE),
        (("tool", "poetry", "scripts"), CONSOLE),
        (("project", "entry-points", CELERY), CELERY),
        (("tool", "poetry", "plugins", CELERY), CELERY),
    ]
    for keys, group in places:
        for name, value in table(document, *keys).items():
            where = f"pyproject.toml: {'.'.join(keys)}.{name}"
            script = _script(name, value, where, group)
            if script is not None:
                yield script


def _from_setup_cfg(files: ProjectFiles) -> Iterator[Script]:
    points = read_ini(files.text("setup.cfg")).get("options.entry_points", {})
    for group in (CONSOLE, CELERY):
        yield from _from_lines(points.get(group, "").splitlines(), "setup.cfg", group)


def _from_lines(lines: list[str], location: str, group: str) -> Iterator[Script]:
    for line in lines:
        name, separator, value = line.partition("=")
        script = _script(name, value, f"{location}: {group}", group) if separator else None
        if script is not None:
            yield script


def _from_setup_py(files: ProjectFiles) -> Iterator[Script]:
    call = setup_call(files.text("setup.py"))
    points = keyword(call, "entry_points") if call else None
    if isinstance(points, ast.Dict):
        for key, value in zip(points.keys, points.values, strict=True):
            group = string(key)
            if group in {CONSOLE, CELERY}:
                items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                lines = [line for item in items for line in (string(item) or "").splitlines()]
                yield from _from_lines(lines, "setup.py", str(group))
    text = string(points)
    if text is not None:
        sections = read_ini("\n".join(line.strip() for line in text.splitlines()))
        for group in (CONSOLE, CELERY):
            lines = [f"{name}={value}" for name, value in sections.get(group, {}).items()]
            yield from _from_lines(lines, "setup.py", group)
