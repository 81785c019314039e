"""Files that a project's own commands make, in the real sandbox; Django serves its own."""

import http.client
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from tests.e2e.conftest import unusable
from tests.e2e.harness import Bench, free_port, give_up

from longshore.oci.layout import ImageLayout
from longshore.oci.unpack import unpack_image

REQUIREMENTS = """\
asgiref==3.13.0 \
    --hash=sha256:034cc8cbf72d00553b4be256703ac545120b4e50af13b49dec99da899aeeecb4 \
    --hash=sha256:f9596a2434512686473d50f96ff6207fbba49ae1a785dfac614df4aeb085674d
django==5.2.19 \
    --hash=sha256:5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00 \
    --hash=sha256:ad03d8abc51dbff95ebf34b27123cf0c26a3b62db7ba0cd520783686362533d1
sqlparse==0.6.1 \
    --hash=sha256:3be5a72d04c873d690d7c6dedd33d6fae2ef82759881ceec02fc2efd0cba564f \
    --hash=sha256:ca722573f848ff2d30e40ea30f53a104b7dea7635ea9285891263eb2c58fb6e7
whitenoise==6.12.0 \
    --hash=sha256:f723ebb76a112e98816ff80fcea0a6c9b8ecde835f8ddda25df7a30a3c2db6ad \
    --hash=sha256:fc5e8c572e33ebf24795b47b6a7da8da3c00cff2349f5b04c02f28d0cc5a3cc2
"""
DJANGO = {
    "requirements.txt": REQUIREMENTS,
    "longshore.toml": """
        [[assets]]
        command = ["python", "manage.py", "collectstatic", "--noinput"]
        outputs = ["staticfiles/"]
        inputs = ["manage.py", "config/", "shop/static/", "shop/*.py"]
        env = { SECRET_KEY = "only-for-the-build" }
        """,
    "manage.py": """
        import os, sys
        from django.core.management import execute_from_command_line

        if __name__ == "__main__":
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
            execute_from_command_line(sys.argv)
        """,
    "config/__init__.py": "",
    "config/settings.py": """
        import os
        from pathlib import Path

        BASE_DIR = Path(__file__).resolve().parent.parent
        SECRET_KEY = os.environ["SECRET_KEY"]
        ALLOWED_HOSTS = ["127.0.0.1"]
        INSTALLED_APPS = [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.admin",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "shop",
        ]
        MIDDLEWARE = [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        ROOT_URLCONF = "config.urls"
        TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ]
        WSGI_APPLICATION = "config.wsgi.application"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        STATIC_URL = "static/"
        STATIC_ROOT = BASE_DIR / "staticfiles"
        STORAGES = {
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        }
        """,
    "config/urls.py": """
        from django.contrib import admin
        from django.shortcuts import render
        from django.urls import path

        urlpatterns = [
            path("", lambda request: render(request, "front.html")),
            path("admin/", admin.site.urls),
        ]
        """,
    "config/wsgi.py": """
        import os
        from django.core.wsgi import get_wsgi_application

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        application = get_wsgi_application()
        """,
    "shop/__init__.py": "",
    "shop/static/site.css": "body { color: teal }\n",
    "shop/templates/front.html": "{% load static %}[{% static 'site.css' %}]\n",
}
WHEEL = {
    "requirements.txt": "",
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "maker"
        version = "1.0"

        [tool.hatch.build.targets.wheel]
        packages = ["maker"]

        [tool.longshore.processes.web]
        command = ["python", "-m", "maker"]

        [[tool.longshore.assets]]
        command = ["python", "-m", "maker"]
        outputs = ["report.json"]
        """,
    "maker/__init__.py": "",
    "maker/__main__.py": """
        import json, os, socket
        from pathlib import Path

        import maker

        def refused(action):
            try:
                action()
            except OSError as error:
                return type(error).__name__ + " " + os.strerror(error.errno)
            return "allowed"

        report = {
            "module": maker.__file__,
            "user": os.getuid(),
            "home": os.listdir(os.environ["HOME"]),
            "secret": os.environ.get("TOKEN_OF_THE_HOST"),
            "seen": sorted(os.listdir()),
            "network": refused(lambda: socket.create_connection(("192.0.2.1", 80), timeout=5)),
            "venv": refused(lambda: Path(maker.__file__).with_name("x").touch()),
            "base": refused(lambda: Path("/usr/bin/x").touch()),
        }
        Path("report.json").write_text(json.dumps(report))
        """,
}
FRONT_END = {
    "requirements.txt": "",
    "longshore.toml": """
        build-packages = ["esbuild", "gettext"]

        [[assets]]
        command = ["esbuild", "web/main.ts", "--bundle", "--minify", "--outfile=static/app.js"]
        outputs = ["static/app.js"]
        inputs = ["web/"]

        [[assets]]
        command = ["msgfmt", "de.po", "-o", "locale/de.mo"]
        outputs = ["locale/de.mo"]
        inputs = ["de.po", "locale/"]
        """,
    "web/greeting.ts": """
        export const greet = (name: string): string => `hello ${name}`;
        """,
    "web/main.ts": """
        import { greet } from "./greeting";
        console.log(greet("world"));
        """,
    "de.po": """
        msgid ""
        msgstr "Content-Type: text/plain; charset=UTF-8\\n"
        msgid "hello"
        msgstr "hallo"
        """,
    "locale/README": "compiled messages\n",
    "app.py": """
        import gettext

        with open("locale/de.mo", "rb") as file:
            german = gettext.GNUTranslations(file)

        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [german.gettext("hello").encode()]
        """,
}


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("assets")
    environment = {**os.environ, "TOKEN_OF_THE_HOST": "not for commands"}
    environment.pop("CI", None)  # these projects have no longshore.lock: it is written here
    for name in ("CACHE", "DATA", "STATE"):
        path = folder / name.lower()
        path.mkdir(mode=0o700)
        environment[f"LONGSHORE_{name}_DIR"] = str(path)
    return environment


def _make(bench: Bench) -> str:
    completed = bench.run("-v", "build")
    assert completed.returncode == 0, completed.stderr
    return completed.stderr


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Bench:
    project = _write(tmp_path_factory.mktemp("site") / "django-site-e2e", DJANGO)
    bench = Bench(project=project, environment=environment, engine="builtin", port=free_port())
    assert "built assets python manage.py collectstatic --noinput\n" in _make(bench)
    return bench


@pytest.fixture(scope="module")
def site(django: Bench) -> Iterator[Bench]:
    if reason := unusable("builtin"):
        give_up(f"engine builtin: {reason}")
    up = ("up", "--engine", "builtin", "--port", str(django.port), "--detach")
    completed = django.run(*up, "-e", "SECRET_KEY=of-this-run")
    assert completed.returncode == 0, completed.stderr
    yield django
    assert django.down("--volumes").returncode == 0


def _get(bench: Bench, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()
    finally:
        connection.close()


def _linked(bench: Bench) -> str:
    status, _, body = _get(bench, "/")
    assert status == 200
    found = re.fullmatch(r"\[(.+)\]\n", body.decode())
    assert found is not None
    return found[1]


def test_collected_files_are_served_under_the_names_of_their_content(site: Bench) -> None:
    link = _linked(site)
    assert re.fullmatch(r"/static/site\.[0-9a-f]{12}\.css", link)
    status, headers, body = _get(site, link)
    assert (status, headers["content-type"]) == (200, 'text/css; charset="utf-8"')
    assert body == b"body { color: teal }\n"
    assert "immutable" in headers["cache-control"]


def test_admin_has_its_style_sheet_compressed(site: Bench) -> None:
    status, headers, body = _get(site, "/admin/login/")
    assert (status, "csrftoken=" in headers["set-cookie"]) == (200, True)
    link = re.search(rb"/static/admin/css/base\.[0-9a-f]{12}\.css", body)
    assert link is not None
    status, headers, _ = _get(site, link[0].decode())
    assert (status, headers.get("content-encoding")) == (200, "gzip")


def test_command_runs_again_only_for_what_it_reads(django: Bench) -> None:
    template = django.project / "shop" / "templates" / "front.html"
    template.write_text(f"{template.read_text()}<p>\n")
    assert "built assets python manage.py collectstatic --noinput from the cache" in _make(django)
    style = django.project / "shop" / "static" / "site.css"
    style.write_text("body { color: red }\n")
    assert "built assets python manage.py collectstatic --noinput\n" in _make(django)


def test_command_that_lacks_a_setting_says_which(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    toml = DJANGO["longshore.toml"].replace("env = ", "# env = ")
    project = _write(tmp_path / "bare", {**DJANGO, "longshore.toml": toml})
    completed = Bench(project=project, environment=environment).run("build")
    assert completed.returncode == 3
    assert completed.stdout == ""
    assert (
        "error: longshore.toml: assets[0]: the command "
        "'python manage.py collectstatic --noinput' exited with status 1\n"
    ) in completed.stderr
    assert "  KeyError: 'SECRET_KEY'\n" in completed.stderr
    assert 'env = { SECRET_KEY = "only-for-the-build" }' in completed.stderr


def test_front_end_is_built_by_debians_tools_which_the_image_lacks(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    own = {name: one for name, one in environment.items() if name != "LONGSHORE_CACHE_DIR"}
    project = _write(tmp_path / "front-end-e2e", FRONT_END)
    bench = Bench(project=project, environment=own, engine="builtin")
    said = bench.run("-v", "build", timeout=600)
    assert said.returncode == 0, said.stderr
    assert "built assets esbuild web/main.ts" in said.stderr
    layout = ImageLayout.open(Path(environment["LONGSHORE_DATA_DIR"]) / "images")
    unpack_image(layout, layout.resolve("front-end-e2e:latest"), tmp_path / "root")
    bundle = (tmp_path / "root" / "app" / "static" / "app.js").read_text()
    assert "hello ${" in bundle
    assert "string" not in bundle
    assert not (tmp_path / "root" / "usr" / "bin" / "esbuild").exists()
    ran = bench.run(
        "run",
        "--engine",
        "builtin",
        "--",
        "python",
        "-c",
        "import app; print(app.german.gettext('hello'))",
    )
    assert ran.stdout == "hallo\n", ran.stderr


def test_command_of_the_projects_own_wheel_is_shut_in(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    project = _write(tmp_path / "maker", WHEEL)
    _make(Bench(project=project, environment=environment))
    layout = ImageLayout.open(Path(environment["LONGSHORE_DATA_DIR"]) / "images")
    unpack_image(layout, layout.resolve("maker:latest"), tmp_path / "root")
    report = json.loads((tmp_path / "root" / "app" / "report.json").read_text())
    read_only = "OSError Read-only file system"
    assert report == {
        "module": "/app/.venv/lib/python3.13/site-packages/maker/__init__.py",
        "user": 65532,
        "home": [],
        "secret": None,
        # Not the modules: they would hide those of the wheel.
        "seen": [".longshore", ".venv", "pylock.toml", "pyproject.toml", "requirements.txt"],
        "network": "OSError Network is unreachable",
        "venv": read_only,
        "base": read_only,
    }
    kept = Path(environment["LONGSHORE_CACHE_DIR"]) / "assets"
    assert [path.name for path in kept.iterdir() if path.name.startswith(".own")] == []
