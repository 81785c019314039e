"""What a process runs first: which modules are imported, which function is called."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from longshore.project.detect.backends import join, parent, read_ini, table
from longshore.project.detect.commandline import parse_argv
from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.resolve import Resolver
from longshore.project.detect.scripts import CONSOLE, read_scripts
from longshore.types import CommandLine, Process

_PYTHON = re.compile(r"python[\d.]*")
_HERE = re.compile(r"%\(here\)s/?")
_NAMES_MODULES = frozenset(
    {"arq", "celery", "daphne", "dramatiq", "flask", "granian", "gunicorn", "huey_consumer"}
    | {"huey_consumer.py", "hypercorn", "taskiq", "uvicorn", "waitress-serve"}
)
"""Programs whose arguments name modules of the project."""

_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::([A-Za-z_]\w*)(\(.*\))?)?")


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """A module that is imported, and a function of it that is called then, if there is one.

    ``is_main`` is for ``python -m module``; a file that has no import name is given by ``path``.
    """

    module: str = ""
    function: str = ""
    is_main: bool = False
    path: str = ""


def find_starts(
    process: Process, document: Mapping[str, Any], files: ProjectFiles, resolver: Resolver
) -> Iterator[Start]:
    """Yield what a process runs first, as far as it is the project's own."""
    settings = process.env.get("DJANGO_SETTINGS_MODULE")
    if settings:
        yield Start(settings)
    if not isinstance(process.serve, CommandLine):
        app = process.serve.app
        function = app.attribute.partition(".")[0]
        yield Start(app.module, function if app.factory else "")
        return
    argv = parse_argv(process.serve.argv).argv
    if argv:
        yield from _of_command(argv, document, files, resolver)


def _of_command(
    argv: tuple[str, ...], document: Mapping[str, Any], files: ProjectFiles, resolver: Resolver
) -> Iterator[Start]:
    program, rest = argv[0].rpartition("/")[2], argv[1:]
    if _PYTHON.fullmatch(program):
        if rest[:1] == ("-m",) and rest[1:]:
            if resolver.has_module(rest[1].partition(".")[0]):
                yield _as_main(rest[1], resolver)
                return
            program, rest = rest[1], rest[2:]
        else:
            path = next((word for word in rest if not word.startswith("-")), "")
            yield Start(path=path.removeprefix("./"), is_main=True)
            return
    if program == "alembic":
        yield from _alembic(rest, document, files)
    elif program in _NAMES_MODULES:
        for word in rest:
            yield from _named(word.rpartition("=")[2], resolver)
    elif program.endswith(".py"):
        yield Start(path=argv[0].removeprefix("./"), is_main=True)
    else:
        for script in read_scripts(document, files):
            if script.group == CONSOLE and script.name == program:
                yield Start(script.module, script.attribute)


def _as_main(name: str, resolver: Resolver) -> Start:
    module = resolver.module(name)
    if module is None or module.is_package:
        return Start(f"{name}.__main__", is_main=True)
    return Start(name, is_main=True)


def _named(word: str, resolver: Resolver) -> Iterator[Start]:
    """Yield the module that a word names: ``shop.tasks``, ``shop:app``, ``shop.jobs.huey``."""
    match = _MODULE.fullmatch(word)
    if match is None:
        return
    name, attribute, called = match.groups()
    owner = name.rpartition(".")[0]
    if resolver.module(name) is None and resolver.module(owner) is None:
        return
    found = name if resolver.module(name) is not None else owner
    yield Start(found, attribute if attribute and called else "")


def _alembic(
    rest: tuple[str, ...], document: Mapping[str, Any], files: ProjectFiles
) -> Iterator[Start]:
    """Yield ``env.py`` of the migrations, which Alembic runs by its path."""
    ini = rest[1] if rest[:1] == ("-c",) and rest[1:] else "alembic.ini"
    location = table(document, "tool", "alembic").get("script_location")
    folder = "."
    if not isinstance(location, str):
        location = read_ini(files.text(ini)).get("alembic", {}).get("script_location", "")
        folder = parent(ini)
    package, separator, below = location.partition(":")
    if separator:
        location, folder = f"{package.replace('.', '/')}/{below}", "."
    place = _HERE.sub("", location).strip()
    candidates = [join(folder, f"{place}/env.py"), join("src", f"{place}/env.py")]
    yield from (Start(path=path) for path in candidates if path in files)
