"""Say how Django's static files get into the image, and who serves them.

Django serves them in development only, and the runtime never does. With WhiteNoise the application
does, once they are collected into ``STATIC_ROOT``. All of this is found by reading the settings.
"""

import ast
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from longshore.build.assets.outputs import DOCS
from longshore.config import AssetConfig
from longshore.project.detect.django import Django, find_django, find_manage
from longshore.project.detect.django_settings import Settings, read_settings
from longshore.project.detect.reading import Reading
from longshore.project.detect.survey import read
from longshore.types import Finding, Severity

_APP = "django.contrib.staticfiles"
_ELSEWHERE = re.compile(r"https?://|//")
_BUCKETS = re.compile(r"storages\.|S3|GoogleCloud|Azure|Cloudinary")
_SECRET = re.compile(r"[A-Z0-9_]*SECRET[A-Z0-9_]*")
_USUAL = "staticfiles"


def check_static_files(
    paths: Iterable[str],
    reader: Callable[[str], bytes],
    *,
    name: str,
    document: Mapping[str, Any] | None,
    locked: Collection[str],
    assets: Sequence[AssetConfig],
) -> tuple[Finding, ...]:
    """Return what is missing for Django's static files to be served.

    Nothing is said where a step collects them, where they are tracked, and where the settings put
    them on another server.

    Args:
        paths: the tracked files, relative to the project's root.
        reader: returns the bytes of one of them.
        name: the project's name.
        document: the parsed ``pyproject.toml``; ``None`` where there is none.
        locked: the names of the locked packages.
        assets: the steps of the configuration.
    """
    if "django" not in locked or any("collectstatic" in step.command for step in assets):
        return ()
    reading = read(paths, reader, name=name, document=document, locked=locked)
    manages = find_manage(reading)
    django = find_django(reading, manages[0] if len(manages) == 1 else None)
    if not isinstance(django, Django) or _APP not in django.apps:
        return ()
    settings = read_settings(django.settings, django.location, reading)
    if settings is None or _are_elsewhere(settings):
        return ()
    root = _static_root(settings, django)
    if "whitenoise" not in locked:
        return (_not_served(settings),)
    if root is None or any(path.startswith(f"{root}/") for path in reading.files.paths):
        return ()
    return (_not_collected(root, settings, django, reading, is_first=not assets),)


def _are_elsewhere(settings: Settings) -> bool:
    """Tell whether the files are on another host, or in a bucket."""
    url = settings.text("STATIC_URL")
    if url is not None and _ELSEWHERE.match(url[0]):
        return True
    nodes = [settings.values.get(name) for name in ("STORAGES", "STATICFILES_STORAGE")]
    return any(_BUCKETS.search(ast.unparse(node[2])) for node in nodes if node is not None)


def _static_root(settings: Settings, django: Django) -> str | None:
    """Return ``STATIC_ROOT`` below the project's root, or ``None`` where the settings have none.

    The base folder is taken for that of ``manage.py``, as Django's own template has it.
    """
    _, _, node = settings.values.get("STATIC_ROOT", ("", 0, None))
    if node is None or (isinstance(node, ast.Constant) and not node.value):
        return None
    literals = [one for one in ast.walk(node) if isinstance(one, ast.Constant)]
    literals.sort(key=lambda one: (one.lineno, one.col_offset))
    words = [one.value for one in literals if isinstance(one.value, str)]
    folders = [word for word in words if not word.isupper()]  # no variable's name
    path = PurePosixPath("/app", PurePosixPath(django.manage or "").parent, *folders)
    if not folders or ".." in path.parts or not path.is_relative_to("/app"):
        return _USUAL
    return str(path.relative_to("/app"))


def _not_served(settings: Settings) -> Finding:
    return Finding(
        rule="assets.static-files-not-served",
        severity=Severity.NOTE,
        location=_location(settings, "STATIC_ROOT", "STATIC_URL", "INSTALLED_APPS"),
        message="Django's static files are not in the image, and the runtime serves none",
        hint="lock whitenoise, or put them on another server",
        docs=DOCS,
    )


def _not_collected(
    root: str, settings: Settings, django: Django, reading: Reading, *, is_first: bool
) -> Finding:
    is_wheel = reading.layout.is_wheel
    words = django.command("collectstatic", "--noinput", is_wheel=is_wheel)
    env = {**django.env, **_secret(settings)}
    if reading.layout.python_path:
        env["PYTHONPATH"] = reading.layout.python_path
    if is_wheel:
        env["STATIC_ROOT"] = f"/app/{_USUAL}"
        root = _USUAL
    place = "[tool.longshore]" if reading.file == "pyproject.toml" else reading.file
    step = _render_step(words, root, env)
    where = "add one more [[assets]] table to"
    if is_first:
        where = "add to" if reading.file == "pyproject.toml" else "add to the top of"
        step = f"assets = [{{ {step} }}]"
    return Finding(
        rule="assets.static-files-not-collected",
        severity=Severity.WARNING,
        location=_location(settings, "STATIC_ROOT"),
        message="Django's static files are not in the image: nothing collects them",
        hint=f"{where} {place}: {step}",
        docs=DOCS,
    )


def _secret(settings: Settings) -> dict[str, str]:
    """Return a made-up value for the variable that ``SECRET_KEY`` is read from, if it is."""
    _, _, node = settings.values.get("SECRET_KEY", ("", 0, None))
    if not isinstance(node, ast.Subscript | ast.Call):
        return {}
    words = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    names = [one for one in words if isinstance(one, str) and _SECRET.fullmatch(one)]
    return {names[0]: "only-for-the-build"} if names else {}


def _render_step(command: Sequence[str], output: str, env: Mapping[str, str]) -> str:
    """Return the keys of a step as TOML, on one line."""
    settings = ", ".join(f"{name} = {json.dumps(value)}" for name, value in sorted(env.items()))
    keys = [f"command = {json.dumps(list(command))}", f"outputs = {json.dumps([f'{output}/'])}"]
    keys += [f"env = {{ {settings} }}"] if env else []
    return ", ".join(keys)


def _location(settings: Settings, *names: str) -> str:
    for name in names:
        if name in settings.values:
            path, line, _ = settings.values[name]
            return f"{path}:{line}"
    return settings.location
