"""Schema migrations: Alembic, Flask-Migrate, Django; proposed to run before a new version."""

import re

from longshore.project.detect.backends import parent, read_ini, table
from longshore.project.detect.django import Django
from longshore.project.detect.files import is_searched
from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading
from longshore.project.detect.values import Made
from longshore.types import Asgi, CommandLine, ProcessKind, Wsgi

_INI = "alembic.ini"
_HERE = re.compile(r"%\(here\)s/?")


def find_migrations(
    reading: Reading, django: Django | None, web: Candidate | None
) -> tuple[Candidate | None, tuple[str, ...]]:
    """Return the process that migrates, and the files that it needs beside the wheel."""
    if django is not None:
        argv = django.command("migrate", "--noinput", is_wheel=reading.layout.is_wheel)
        where = django.manage or django.location
        text = f"Django with {django.settings}"
        return _candidate(argv, "Django", where, text, env=django.env), ()
    if table(reading.document, "tool", "alembic").get("script_location"):
        location = str(table(reading.document, "tool", "alembic")["script_location"])
        files = _needed(reading, ("pyproject.toml", location.removeprefix("%(here)s/")))
        where = "pyproject.toml: tool.alembic"
        return _candidate(("alembic", "upgrade", "head"), "Alembic", where, ""), files
    managed, needed = _flask_migrate(reading, web)
    if managed is not None:
        return managed, needed
    most = 1
    found = sorted(
        (
            path
            for path in reading.files.paths
            if path.rpartition("/")[2] == _INI and path.count("/") <= most and is_searched(path)
        ),
        key=lambda path: (path.count("/"), path),
    )
    return _alembic(reading, found[0]) if found else (None, ())


def _candidate(
    argv: tuple[str, ...],
    framework: str,
    location: str,
    text: str,
    *,
    env: dict[str, str] | None = None,
) -> Candidate:
    return Candidate(
        evidence=Evidence.SAID,
        serve=CommandLine(argv),
        framework=framework,
        location=location,
        text=text,
        kind=ProcessKind.RELEASE,
        env=env or {},
    )


def _alembic(reading: Reading, path: str) -> tuple[Candidate, tuple[str, ...]]:
    option = () if path == _INI else ("-c", path)
    argv = ("alembic", *option, "upgrade", "head")
    scripts = read_ini(reading.files.text(path)).get("alembic", {}).get("script_location", "")
    folder = "" if ":" in scripts else _HERE.sub("", scripts).strip("./ ")
    beside = parent(path)
    inside = folder if beside == "." or not folder else f"{beside}/{folder}"
    files = _needed(reading, tuple(one for one in (path, inside) if one))
    return _candidate(argv, "Alembic", path, "script_location" if scripts else ""), files


def _needed(reading: Reading, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some files and folders that a wheel would lack."""
    if not reading.layout.is_wheel:
        return ()
    return tuple(
        f"{path}/" if reading.files.has_folder(path) else path
        for path in paths
        if not (reading.layout.shipped and reading.layout.is_shipped(path))
        and (path in reading.files or reading.files.has_folder(path))
    )


def _flask_migrate(
    reading: Reading, web: Candidate | None
) -> tuple[Candidate | None, tuple[str, ...]]:
    if web is None or isinstance(web.serve, CommandLine):
        return None, ()
    for module in reading.shipped:
        for name in module.scope.names:
            found = reading.resolver.attribute(module, name)
            if isinstance(found, Made) and found.maker == "flask_migrate.Migrate":
                argv = ("flask", "--app", _flask_app(web.serve), "db", "upgrade")
                files = _needed(reading, ("migrations",))
                where = f"{module.path}:{module.scope.names[name][-1].line}"
                return _candidate(argv, "Flask-Migrate", where, f"{name} = Migrate(…)"), files
    return None, ()


def _flask_app(serve: Asgi | Wsgi) -> str:
    return f"{serve.app.module}:{serve.app.attribute}{'()' if serve.app.factory else ''}"
