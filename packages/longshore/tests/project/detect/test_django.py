"""Django: which settings, which interface, which command."""

from collections.abc import Callable

import pytest

from longshore.project.detect import Detection
from longshore.types import Asgi, Process

Detect = Callable[..., Detection]
GET = "from django.core.{0} import get_{0}_application\napplication = get_{0}_application()\n"


def web(found: Detection) -> Process:
    one = found.find("web")
    assert one is not None, found.problems
    return one.process


def files(manage: str, settings: str = "") -> dict[str, str]:
    return {
        "manage.py": f"import os, django\n{manage}\n",
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/wsgi.py": GET.format("wsgi"),
        "shop/asgi.py": GET.format("asgi"),
    }


@pytest.mark.parametrize(
    "manage",
    [
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'",
        "def main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
        "name = 'shop.settings'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', name)",
        "os.putenv('DJANGO_SETTINGS_MODULE', 'shop.settings')",
    ],
)
def test_the_settings_are_named_literally(detected: Detect, manage: str) -> None:
    found = detected(files(manage))

    assert str(getattr(web(found).serve, "app", "")) == "shop.wsgi:application"
    assert dict(web(found).env) == {}


@pytest.mark.parametrize(
    "value", ["pick()", "name", "'shop.' + 'settings'"], ids=["call", "unknown", "sum"]
)
def test_settings_that_are_computed_are_asked_for(detected: Detect, value: str) -> None:
    found = detected(files(f"os.environ.setdefault('DJANGO_SETTINGS_MODULE', {value})"))

    assert [one.rule for one in found.problems] == ["detect.no-settings"]


def test_of_local_settings_the_ones_of_production_are_taken(detected: Detect) -> None:
    manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.conf.local')"

    found = detected(
        files(manage)
        | {"shop/conf/__init__.py": "", "shop/conf/local.py": "", "shop/conf/production.py": ""}
    )

    assert dict(web(found).env) == {"DJANGO_SETTINGS_MODULE": "shop.conf.production"}


def test_local_settings_without_others_are_the_settings(detected: Detect) -> None:
    manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.local')"

    found = detected(files(manage) | {"shop/local.py": ""})

    assert dict(web(found).env) == {}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("settings", "asgi"),
    [
        ("", False),
        ("ASGI_APPLICATION = 'shop.asgi.application'\n", True),
        ("INSTALLED_APPS = ['daphne']\n", True),
        ("INSTALLED_APPS: list[str] = []\nINSTALLED_APPS += ['channels']\n", True),
        ("LOCAL_APPS = ['shop.channels']\n", False),
        ("WSGI_APPLICATION = 'shop.wsgi:application'\n", False),
        ("from .base import *\n", True),
        ("from elsewhere import *\nWSGI_APPLICATION = pick()\n", False),
    ],
)
def test_what_speaks_for_asgi(detected: Detect, settings: str, *, asgi: bool) -> None:
    manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')"
    base = "MIDDLEWARE = []\nINSTALLED_APPS = ['channels']\n"

    found = detected(files(manage, settings) | {"shop/base.py": base})

    assert isinstance(web(found).serve, Asgi) is asgi


def test_protocols_that_are_routed_speak_for_asgi(detected: Detect) -> None:
    manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')"
    asgi = "from channels.routing import ProtocolTypeRouter\napplication = ProtocolTypeRouter({})\n"

    found = detected(files(manage) | {"shop/asgi.py": asgi})

    assert isinstance(web(found).serve, Asgi)


def test_a_server_module_without_an_application_is_not_taken(detected: Detect) -> None:
    manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')"

    found = detected(files(manage) | {"shop/asgi.py": "x = 1\n", "shop/wsgi.py": "x = 1\n"})

    assert str(getattr(web(found).serve, "app", "")) == "django.core.wsgi:get_wsgi_application()"
    assert dict(web(found).env) == {"DJANGO_SETTINGS_MODULE": "shop.settings"}


def test_a_manage_py_inside_an_installed_package_is_left_alone(detected: Detect) -> None:
    project = '[build-system]\nrequires = []\n[project]\nname = "shop"\n'
    own = "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"

    found = detected(
        {
            "pyproject.toml": project,
            "shop/__init__.py": "",
            "shop/manage.py": own,
            "shop/wsgi.py": GET.format("wsgi"),
        }
    )

    assert str(getattr(web(found).serve, "app", "")) == "shop.wsgi:application"
