"""What ``build`` and ``up`` say of servers: the one that serves, and those that never do."""

from collections.abc import Iterator
from functools import cached_property

import pytest

from longshore.cli.context import Context
from longshore.cli.main import main
from longshore.engines.choose import Engines
from longshore.engines.ports import find_free_port
from longshore.net import Transport
from longshore.testing import make_wheel
from longshore.testing.engine import MemoryEngine
from longshore.testing.sample import Sample, hashed
from longshore.types import NullReporter

PYPROJECT = """\
[project]
name = "demo"
version = "1"
requires-python = ">=3.11"

[tool.longshore]
bytecode = false
"""
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\nWSGI_APPLICATION = 'shop.wsgi.app'\n",
    "shop/urls.py": "urlpatterns = []\n",
    "shop/wsgi.py": (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "app = get_wsgi_application()\n"
    ),
}
DEVELOPMENT = {
    "fastapi dev": (
        {"Procfile": "web: fastapi dev shop.py\n", "shop.py": FASTAPI},
        "Procfile:1: 'fastapi dev' is not shipped; the runtime serves shop:app",
    ),
    "flask run": (
        {"Procfile": "web: flask --app shop run\n", "shop.py": FLASK},
        "Procfile:1: 'flask run' is not shipped; the runtime serves shop:app",
    ),
    "uvicorn --reload": (
        {"Procfile": "web: uvicorn --reload shop:app\n", "shop.py": FASTAPI},
        "Procfile:1: 'uvicorn --reload' is not shipped; the runtime serves shop:app",
    ),
    "runserver": (
        {"Procfile": "web: python manage.py runserver\n", **DJANGO},
        "Procfile:1: 'manage.py runserver' is not shipped; the runtime serves shop.wsgi:app",
    ),
    "app.run": (
        {"shop.py": FLASK + "if __name__ == '__main__':\n    app.run(debug=True)\n"},
        "shop.py:4: the development server is not shipped; the runtime serves shop:app",
    ),
}


@pytest.fixture(autouse=True)
def command_line(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in the sample project, which says nothing about what runs."""
    monkeypatch.chdir(sample.root)
    monkeypatch.delenv("CI", raising=False)
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)

    def transport(context: Context) -> Transport:
        return sample.network.transport(
            environment=dict(context.environment), reporter=context.reporter
        )

    plain = cached_property(transport)
    plain.__set_name__(Context, "transport")
    monkeypatch.setattr(Context, "transport", plain)
    locked = [
        make_wheel(name, "3.0", files={f"{name}/__init__.py": b""})
        for name in ("django", "fastapi", "flask", "gunicorn")
    ]
    for archive in locked:
        sample.index.add(archive)
    sample.write("requirements.txt", hashed(locked))
    sample.write("pyproject.toml", PYPROJECT)
    (sample.root / "demo.py").unlink()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryEngine]:
    """The only engine of this machine."""
    engine = MemoryEngine()
    engines = Engines((engine,), reporter=NullReporter())
    monkeypatch.setattr("longshore.engines.choose.open_engines", lambda _: engines)
    monkeypatch.setattr("longshore.engines.service.open_engines", lambda _: engines)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_a_build_says_that_a_development_server_is_not_shipped(
    sample: Sample, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files, message = DEVELOPMENT[name]
    for path, text in files.items():
        sample.write(path, text)

    assert main(["build"]) == 0

    assert message in capsys.readouterr().err


def test_up_says_which_server_serves_and_starts_it(
    sample: Sample, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    files, message = DEVELOPMENT["app.run"]
    sample.write("shop.py", files["shop.py"])

    assert main(["up", "--detach", "--port", str(find_free_port())]) == 0

    said = capsys.readouterr().err
    assert message in said
    assert "web server: gunicorn 3.0, of the lock" in said
    (spec,) = engine.specs
    assert spec.args == ("--server", "gunicorn", "--interface", "wsgi", "shop:app")
