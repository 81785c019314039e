"""Django projects: settings, server modules, management commands."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from longshore.project.detect.backends import join, parent
from longshore.project.detect.django_settings import read_settings
from longshore.project.detect.django_web import SETTINGS, find_web
from longshore.project.detect.entries import Missing, find_entry
from longshore.project.detect.files import SKIPPED_FOLDERS
from longshore.project.detect.model import Candidate
from longshore.project.detect.reading import Reading
from longshore.project.detect.said import Wrong
from longshore.project.detect.syntax import Module, calls, dotted, string

_LOCAL = re.compile(r"(.*\.)?(local|dev|development|test|testing|ci)$")
_PRODUCTION = ("production", "prod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Django:
    """A Django project.

    Args:
        manage: the path of ``manage.py``, or ``None``.
        settings: the settings module that processes use.
        manage_settings: the one that ``manage.py`` names, where it differs.
        location: the line that names the settings.
        web: the web process.
        wrong: statements that name what is not there.
        env: what every process needs in its environment.
        apps: the installed apps, by name.
    """

    manage: str | None
    settings: str
    manage_settings: str | None
    location: str
    web: Candidate
    wrong: tuple[Wrong, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    apps: frozenset[str] = frozenset()

    def command(self, *words: str, is_wheel: bool) -> tuple[str, ...]:
        """Return a management command; ``manage.py`` is in the image only as source."""
        if self.manage is None or is_wheel:
            return ("python", "-m", "django", *words)
        return ("python", self.manage, *words)


def find_manage(reading: Reading) -> tuple[str, ...]:
    """Return every ``manage.py`` of Django, the ones nearest to the root only.

    One inside an installed package can't be run from there: its own imports start elsewhere.
    """
    found = [
        path
        for path in reading.files.paths
        if path.rpartition("/")[2] == "manage.py"
        and not any(folder in SKIPPED_FOLDERS for folder in path.split("/")[:-1])
        and "django" in (reading.files.text(path) or "")
        and not (reading.layout.is_wheel and join(parent(path), "__init__.py") in reading.files)
    ]
    nearest = min((path.count("/") for path in found), default=0)
    return tuple(path for path in found if path.count("/") == nearest)


def settings_named_in(module: Module) -> tuple[str, int] | None:
    """Return the literal ``DJANGO_SETTINGS_MODULE`` that a file sets, and its line."""
    for call in calls([module.tree]):
        words = [string(one) for one in call.args]
        called = (dotted(call.func) or "").rpartition(".")[2]
        if called in {"setdefault", "putenv"} and words[:1] == [SETTINGS] and len(words) > 1:
            if words[1]:
                return words[1], call.lineno
            found = _default_name(call.args[1], module)
            if found:
                return found, call.lineno
    for node in ast.walk(module.tree):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
                value=ast.Constant(value=str(value)),
            ):
                return value, node.lineno
            case _:
                pass
    return None


def _default_name(node: ast.expr, module: Module) -> str | None:
    """Return the last literal that a variable is given anywhere in the file."""
    if not isinstance(node, ast.Name):
        return None
    values = [
        string(one.value)
        for one in ast.walk(module.tree)
        if isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in one.targets)
    ]
    return next((value for value in values if value), None)


def find_django(reading: Reading, manage: str | None) -> Django | Wrong | None:
    """Read the Django project of a ``manage.py``, or the one that a server module names."""
    named = _named_settings(reading, manage)
    if named is None:
        return None
    settings, location, manage_settings = named
    read = read_settings(settings, location, reading)
    if read is None:
        missing = find_entry(f"{settings}:INSTALLED_APPS", reading)
        unknown = Missing(reason=f"there is no module {settings!r}")
        reason = missing if isinstance(missing, Missing) else unknown
        return Wrong(location, settings, _without_attribute(reason), strict=True)
    env = _environment(reading, settings, manage, differs=manage_settings is not None)
    web, wrong = find_web(reading, read, env)
    return Django(
        manage=manage,
        settings=settings,
        manage_settings=manage_settings,
        location=location,
        web=web,
        wrong=wrong,
        env=env,
        apps=read.apps,
    )


def _without_attribute(missing: Missing) -> Missing:
    meant = missing.suggestion.partition(":")[0] if missing.suggestion else None
    return Missing(reason=missing.reason, suggestion=meant)


def _named_settings(reading: Reading, manage: str | None) -> tuple[str, str, str | None] | None:
    """Return the settings module, the line that names it, and what ``manage.py`` says instead."""
    served = next(_server_modules(reading), None)
    server = settings_named_in(served) if served else None
    managed = reading.resolver.module_at(manage) if manage else None
    own = settings_named_in(managed) if managed else None
    if own is None and server is None:
        return None
    if server is not None and served is not None and reading.resolver.module(server[0]):
        differs = own[0] if own and own[0] != server[0] else None
        return server[0], f"{served.path}:{server[1]}", differs
    if own is None:
        return (server[0], f"{served.path}:{server[1]}", None) if server and served else None
    production = _production_of(own[0], reading)
    where = f"{manage}:{own[1]}"
    return (production, where, own[0]) if production else (own[0], where, None)


def _production_of(settings: str, reading: Reading) -> str | None:
    """Return ``config.settings.production`` for ``config.settings.local``, if it exists."""
    if not _LOCAL.fullmatch(settings):
        return None
    package = settings.rpartition(".")[0]
    names = (f"{package}.{name}" if package else name for name in _PRODUCTION)
    return next((name for name in names if reading.resolver.module(name)), None)


def _server_modules(reading: Reading) -> Iterator[Module]:
    """Yield ``asgi.py`` and ``wsgi.py`` that make Django's application, nearest first."""
    found = [
        module
        for module in reading.modules
        if module.last_name in {"asgi", "wsgi"}
        and "django" in (reading.files.text(module.path) or "")
    ]
    yield from sorted(found, key=lambda module: (module.path.count("/"), module.path))


def _environment(
    reading: Reading, settings: str, manage: str | None, *, differs: bool
) -> dict[str, str]:
    env = {}
    if differs or manage is None or reading.layout.is_wheel:
        env[SETTINGS] = settings
    return env
