"""Django's static files: what is missing for them to be served, and the step to write."""

import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

from longshore.build.assets.django import check_static_files
from longshore.config import AssetConfig
from longshore.types import Finding, Severity

MANAGE = """
import os
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
"""
SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WSGI_APPLICATION = "config.wsgi.application"
"""
WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
LOCKED = frozenset({"django", "whitenoise"})


def check(
    settings: str = SETTINGS,
    *,
    files: dict[str, str] | None = None,
    locked: frozenset[str] = LOCKED,
    assets: tuple[AssetConfig, ...] = (),
    document: Mapping[str, object] | None = None,
) -> tuple[Finding, ...]:
    tree = {
        "manage.py": MANAGE,
        "config/__init__.py": "",
        "config/settings.py": settings,
        "config/wsgi.py": WSGI,
        **(files or {}),
    }
    return check_static_files(
        tree,
        lambda path: tree[path].encode(),
        name="site",
        document=document,
        locked=locked,
        assets=assets,
    )


def step(hint: str | None) -> dict[str, object]:
    """Return the step that a hint has."""
    assert hint is not None
    [found] = tomllib.loads(hint.partition(": ")[2])["assets"]
    assert isinstance(found, dict)
    return found


def test_files_that_nothing_collects_are_said_with_the_step_to_write() -> None:
    [found] = check()
    assert (found.severity, str(found)) == (
        Severity.WARNING,
        "config/settings.py:8: Django's static files are not in the image: nothing collects them",
    )
    assert found.hint == (
        "add to the top of longshore.toml: assets = [{ "
        'command = ["python", "manage.py", "collectstatic", "--noinput"], '
        'outputs = ["staticfiles/"], env = { SECRET_KEY = "only-for-the-build" } }]'
    )


@pytest.mark.parametrize(
    ("root", "output"),
    [
        ('os.path.join(BASE_DIR, "public", "static")', "public/static/"),
        ('str(BASE_DIR / "public" / "static")', "public/static/"),
        ('os.environ.get("STATIC_ROOT", "/app/assets")', "assets/"),
        ('"/var/www/static"', "staticfiles/"),
        ('BASE_DIR.parent / ".." / "x"', "staticfiles/"),
        ('env("STATIC_ROOT")', "staticfiles/"),
    ],
)
def test_the_step_names_where_the_settings_put_them(root: str, output: str) -> None:
    [found] = check(SETTINGS.replace('BASE_DIR / "staticfiles"', root))
    assert step(found.hint)["outputs"] == [output]


@pytest.mark.parametrize(
    ("key", "env"),
    [
        ('"literal"', None),
        ('config("DJANGO_SECRET_KEY")', {"DJANGO_SECRET_KEY": "only-for-the-build"}),
        ('env.str("KEY")', None),
    ],
)
def test_the_step_has_a_made_up_secret_key_where_one_is_read(
    key: str, env: dict[str, str] | None
) -> None:
    [found] = check(SETTINGS.replace('os.environ["SECRET_KEY"]', key))
    assert step(found.hint).get("env") == env


def test_a_project_below_a_folder_and_its_settings() -> None:
    files = {
        "manage.py": "",
        "web/manage.py": MANAGE,
        "web/config/settings.py": SETTINGS,
        "web/config/__init__.py": "",
        "web/config/wsgi.py": WSGI,
    }
    files |= {"config/settings.py": "", "config/wsgi.py": ""}
    [found] = check(files=files)
    assert step(found.hint)["command"] == [
        "python",
        "web/manage.py",
        "collectstatic",
        "--noinput",
    ]
    assert step(found.hint)["outputs"] == ["web/staticfiles/"]


def test_a_further_step_is_a_table_of_its_own() -> None:
    other = AssetConfig(command=("make",), outputs=(PurePosixPath("x"),))
    [found] = check(SETTINGS.replace('os.environ["SECRET_KEY"]', '"x"'), assets=(other,))
    assert found.hint == (
        "add one more [[assets]] table to longshore.toml: "
        'command = ["python", "manage.py", "collectstatic", "--noinput"], '
        'outputs = ["staticfiles/"]'
    )


def test_a_wheel_collects_to_where_it_can_write() -> None:
    document = {"build-system": {"build-backend": "hatchling.build"}, "project": {"name": "site"}}
    [found] = check(document=document)
    assert found.hint is not None
    assert found.hint.startswith("add to [tool.longshore]: ")
    assert step(found.hint) == {
        "command": ["python", "-m", "django", "collectstatic", "--noinput"],
        "outputs": ["staticfiles/"],
        "env": {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-the-build",
            "STATIC_ROOT": "/app/staticfiles",
        },
    }


def test_without_whitenoise_nobody_serves_them() -> None:
    [found] = check(locked=frozenset({"django"}))
    assert (found.severity, found.message, found.hint) == (
        Severity.NOTE,
        "Django's static files are not in the image, and the runtime serves none",
        "lock whitenoise, or put them on another server",
    )


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS.replace('"static/"', '"https://cdn.example.com/static/"'),
        SETTINGS + 'STATICFILES_STORAGE = "storages.backends.s3.S3Storage"\n',
        SETTINGS + 'STORAGES = {"staticfiles": {"BACKEND": "storages.backends.s3.S3Storage"}}\n',
        SETTINGS.replace(', "django.contrib.staticfiles"', ""),
    ],
)
def test_nothing_is_said_where_nothing_is_missing(settings: str) -> None:
    assert check(settings, locked=frozenset({"django"})) == ()


def test_nothing_is_said_once_they_are_collected() -> None:
    command = ("python", "manage.py", "collectstatic", "--noinput")
    collecting = AssetConfig(command=command, outputs=(PurePosixPath("staticfiles"),))
    assert check(assets=(collecting,)) == ()
    assert check(assets=(collecting,), locked=frozenset({"django"})) == ()
    assert check(files={"staticfiles/site.css": ""}) == ()
    assert check(SETTINGS.replace("STATIC_ROOT =", "# STATIC_ROOT =")) == ()
    assert check(locked=frozenset({"flask"})) == ()
    assert check(files={"manage.py": "", "config/wsgi.py": ""}) == ()
