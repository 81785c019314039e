"""Django's web process: ASGI or WSGI, and which application."""

from longshore.project.detect.applications import serve
from longshore.project.detect.django_settings import Settings
from longshore.project.detect.entries import Located, Missing, find_entry
from longshore.project.detect.files import is_searched
from longshore.project.detect.frameworks import Framework, Interface
from longshore.project.detect.model import Candidate, Evidence
from longshore.project.detect.reading import Reading
from longshore.project.detect.said import Wrong
from longshore.types import EntryPoint

SETTINGS = "DJANGO_SETTINGS_MODULE"
_ASGI_SERVERS = ("uvicorn", "hypercorn", "daphne")
_WSGI_SERVERS = ("gunicorn", "waitress", "uwsgi", "mod-wsgi")
_Found = dict[Interface, tuple[Located, str, str]]


def find_web(
    reading: Reading, settings: Settings, env: dict[str, str]
) -> tuple[Candidate, tuple[Wrong, ...]]:
    """Return the web process and what the settings name wrongly.

    Args:
        reading: the files and names.
        settings: the settings module.
        env: what every process of the project needs in its environment.
    """
    found: _Found = {}
    wrong = []
    for interface in Interface:
        name = f"{interface.upper()}_APPLICATION"
        said = settings.text(name)
        beside = _beside(reading, settings.name, interface)
        if said is not None:
            target = _as_entry(said[0])
            located = find_entry(target, reading)
            if isinstance(located, Missing):
                wrong.append(Wrong(said[1], target, located, strict=True, interface=interface))
            else:
                found[interface] = (located, said[1], f"{name} = {said[0]!r}")
        elif beside is not None:
            text = f"{interface.value}.py beside {settings.name}"
            found[interface] = (beside, f"{beside.path}:{beside.line}", text)
    interface = _choose(reading, settings, found)
    framework = Framework("Django", interface)
    if interface in found:
        located, where, text = found[interface]
        entry, origin = located.entry, located.origin
    else:
        name = f"django.core.{interface.value}:get_{interface.value}_application()"
        entry, origin, where, text = EntryPoint.parse(name), None, settings.location, settings.name
        env = {**env, SETTINGS: settings.name}
    candidate = Candidate(
        evidence=Evidence.SAID,
        order=4,
        serve=serve(entry, framework),
        framework="Django",
        location=where,
        text=text,
        origin=origin,
        env=env,
    )
    return candidate, tuple(wrong)


def _as_entry(target: str) -> str:
    """Turn Django's ``shop.wsgi.application`` into ``shop.wsgi:application``."""
    if ":" in target:
        return target
    module, _, attribute = target.rpartition(".")
    return f"{module}:{attribute}"


def _beside(reading: Reading, settings: str, interface: Interface) -> Located | None:
    """Return the application of ``asgi.py`` or ``wsgi.py`` near the settings."""
    package = settings.split(".")
    for depth in range(len(package) - 1, -1, -1):
        module = ".".join([*package[:depth], interface.value])
        path = reading.layout.path_of(module, reading.files)
        if path is not None and is_searched(path):
            located = find_entry(f"{module}:application", reading)
            if isinstance(located, Located):
                return located
    return None


def _choose(reading: Reading, settings: Settings, found: _Found) -> Interface:
    """Apply the documented order; WSGI is the answer where nothing speaks for ASGI."""
    if Interface.ASGI not in found:
        return Interface.WSGI
    text = reading.files.text(found[Interface.ASGI][0].path) or ""
    speaks_for_asgi = (
        settings.text("ASGI_APPLICATION") is not None
        or bool({"channels", "daphne"} & settings.apps)
        or "ProtocolTypeRouter" in text
        or "async def application" in text
        or Interface.WSGI not in found
        or (reading.is_locked(*_ASGI_SERVERS) and not reading.is_locked(*_WSGI_SERVERS))
    )
    return Interface.ASGI if speaks_for_asgi else Interface.WSGI
