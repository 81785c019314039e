"""Projects of every layout that people use, small, with one dependency each."""

from dataclasses import dataclass, field
from textwrap import dedent

ANSWER = "it runs"
MAIN = f"""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def index(request):
        return PlainTextResponse("{ANSWER}")

    app = Starlette(routes=[Route("/", index)])
"""
PROJECT = """
    [project]
    name = "shop"
    version = "1.0"
    requires-python = ">=3.11"
    dependencies = ["starlette>=0.45"]
"""
FROM_GIT = PROJECT.replace('version = "1.0"', 'dynamic = ["version"]')
DJANGO_SETTINGS = """
    SECRET_KEY = "of-nobody"
    ALLOWED_HOSTS = ["*"]
    ROOT_URLCONF = "site_of_shop.urls"
    WSGI_APPLICATION = "site_of_shop.wsgi.application"
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
MANAGE = """
    import os
    import sys

    def main():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_shop.settings")
        from django.core.management import execute_from_command_line
        execute_from_command_line(sys.argv)

    if __name__ == "__main__":
        main()
"""
WSGI = """
    import os
    from django.core.wsgi import get_wsgi_application
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_shop.settings")
    application = get_wsgi_application()
"""
URLS = f"""
    from django.http import HttpResponse
    from django.urls import path

    urlpatterns = [path("", lambda request: HttpResponse("{ANSWER}"))]
"""
FLASK = f"""
    from flask import Flask

    app = Flask(__name__)

    @app.get("/")
    def index():
        return "{ANSWER}"
"""
WORKER = """
    import time

    if __name__ == "__main__":
        while True:
            time.sleep(60)
"""


def build_system(requires: str, backend: str) -> str:
    """Return the table of a build backend."""
    return f"""
    [build-system]
    requires = ["{requires}"]
    build-backend = "{backend}"
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A project.

    Args:
        name: for the table.
        files: by path, to be dedented.
        lock: who locks it: ``uv`` (``uv.lock``), ``compile`` (``requirements.txt`` with hashes from
            ``uv pip compile``), or nobody: ``up`` writes a lock itself.
        folder: of the application in the tree.
        processes: that run.
        tag: the version that git has for it.
    """

    name: str
    files: dict[str, str] = field(hash=False)
    lock: str = ""
    folder: str = "."
    processes: tuple[str, ...] = ("web",)
    tag: str = ""

    def texts(self) -> dict[str, str]:
        """Return the content of each file."""
        return {path: dedent(text).lstrip("\n") for path, text in self.files.items()}


LAYOUTS = (
    Layout(
        name="hatchling, src/shop",
        files={
            "pyproject.toml": PROJECT + build_system("hatchling", "hatchling.build"),
            "src/shop/__init__.py": "",
            "src/shop/main.py": MAIN,
        },
        lock="uv",
    ),
    Layout(
        name="setuptools, flat",
        files={
            "pyproject.toml": PROJECT + build_system("setuptools", "setuptools.build_meta"),
            "shop/__init__.py": "",
            "shop/main.py": MAIN,
        },
        lock="uv",
    ),
    Layout(
        name="setuptools, src/py/shop",
        files={
            "pyproject.toml": PROJECT
            + """
    [tool.setuptools.packages.find]
    where = ["src/py"]
    """
            + build_system("setuptools", "setuptools.build_meta"),
            "src/py/shop/__init__.py": "",
            "src/py/shop/main.py": MAIN,
            "src/js/index.js": "",
        },
    ),
    Layout(
        name="flit, one module",
        files={
            "pyproject.toml": PROJECT.replace('version = "1.0"', 'dynamic = ["version"]').replace(
                'name = "shop"', 'name = "shop"\n    description = "A shop"'
            )
            + build_system("flit_core", "flit_core.buildapi"),
            "shop.py": '"""A shop."""\n__version__ = "1.0"\n' + dedent(MAIN),
        },
    ),
    Layout(
        name="flit, a package",
        files={
            "pyproject.toml": PROJECT.replace('version = "1.0"', 'dynamic = ["version"]').replace(
                'name = "shop"', 'name = "shop"\n    description = "A shop"'
            )
            + build_system("flit_core", "flit_core.buildapi"),
            "shop/__init__.py": '"""A shop."""\n__version__ = "1.0"\n',
            "shop/main.py": MAIN,
        },
    ),
    Layout(
        name="PDM, src/shop",
        files={
            "pyproject.toml": PROJECT + build_system("pdm-backend", "pdm.backend"),
            "src/shop/__init__.py": "",
            "src/shop/main.py": MAIN,
        },
    ),
    Layout(
        name="uv_build, src/shop",
        files={
            "pyproject.toml": PROJECT + build_system("uv_build", "uv_build"),
            "src/shop/__init__.py": "",
            "src/shop/main.py": MAIN,
        },
        lock="uv",
    ),
    Layout(
        name="Poetry's own table",
        files={
            "pyproject.toml": """
    [tool.poetry]
    name = "shop"
    version = "1.0"
    description = "A shop"
    authors = []
    packages = [{ include = "shop" }]
    [tool.poetry.dependencies]
    python = "^3.11"
    starlette = ">=0.45,<2"
    """
            + build_system("poetry-core", "poetry.core.masonry.api"),
            "shop/__init__.py": "",
            "shop/main.py": MAIN,
        },
    ),
    Layout(
        name="`[project]`, no build backend",
        files={"pyproject.toml": PROJECT, "main.py": MAIN},
        lock="uv",
    ),
    Layout(
        name="`src/shop`, no build backend",
        files={"pyproject.toml": PROJECT, "src/shop/__init__.py": "", "src/shop/main.py": MAIN},
    ),
    Layout(
        name="`app.py` and `requirements.txt`",
        files={"requirements.txt": "flask>=3\n", "app.py": FLASK},
        lock="compile",
    ),
    Layout(
        name="`manage.py` and `requirements.txt`",
        files={
            "requirements.txt": "django>=5\n",
            "manage.py": MANAGE,
            "site_of_shop/__init__.py": "",
            "site_of_shop/settings.py": DJANGO_SETTINGS,
            "site_of_shop/urls.py": URLS,
            "site_of_shop/wsgi.py": WSGI,
        },
    ),
    Layout(
        name="`setup.py` only",
        files={
            "setup.py": """
    from setuptools import find_packages, setup

    setup(
        name="shop",
        version="1.0",
        packages=find_packages(),
        install_requires=["starlette>=0.45"],
    )
    """,
            "shop/__init__.py": "",
            "shop/main.py": MAIN,
        },
    ),
    Layout(
        name="`Procfile`: web and worker",
        files={
            "Procfile": "web: gunicorn shop:app\nworker: python worker.py\n",
            "requirements.txt": "flask>=3\ngunicorn>=23\n",
            "shop.py": FLASK,
            "worker.py": WORKER,
        },
        lock="compile",
        processes=("web", "worker"),
    ),
    Layout(
        name="setuptools-scm, the version in a tag",
        files={
            "pyproject.toml": FROM_GIT
            + build_system('setuptools", "setuptools-scm', "setuptools.build_meta")
            + "[tool.setuptools_scm]\n",
            "shop/__init__.py": "",
            "shop/main.py": MAIN,
            "shop/page.html": "",
        },
        tag="v1.2.3",
    ),
    Layout(
        name="hatch-vcs, the version in a tag",
        files={
            "pyproject.toml": FROM_GIT
            + build_system('hatchling", "hatch-vcs', "hatchling.build")
            + """
    [tool.hatch.version]
    source = "vcs"
    """,
            "src/shop/__init__.py": "",
            "src/shop/main.py": MAIN,
        },
        tag="v1.2.3",
    ),
    Layout(
        name="PDM, the version in a tag",
        files={
            "pyproject.toml": FROM_GIT
            + build_system("pdm-backend", "pdm.backend")
            + """
    [tool.pdm.version]
    source = "scm"
    """,
            "src/shop/__init__.py": "",
            "src/shop/main.py": MAIN,
        },
        tag="1.2.3",
    ),
    Layout(
        name="Poetry monorepo, path dependency",
        files={
            "libs/prices/pyproject.toml": """
    [tool.poetry]
    name = "prices"
    version = "1.0"
    description = "Prices"
    authors = []
    [tool.poetry.dependencies]
    python = "^3.11"
    """
            + build_system("poetry-core", "poetry.core.masonry.api"),
            "libs/prices/prices/__init__.py": f'TEXT = "{ANSWER}"\n',
            "apps/shop/pyproject.toml": """
    [tool.poetry]
    name = "shop"
    version = "1.0"
    description = "A shop"
    authors = []
    [tool.poetry.dependencies]
    python = "^3.11"
    starlette = ">=0.45,<2"
    prices = { path = "../../libs/prices", develop = true }
    """
            + build_system("poetry-core", "poetry.core.masonry.api"),
            "apps/shop/shop/__init__.py": "",
            "apps/shop/shop/main.py": "from prices import TEXT\n"
            + dedent(MAIN).replace(f'"{ANSWER}"', "TEXT"),
        },
        folder="apps/shop",
    ),
)


def workspace(kind: str) -> dict[str, str]:
    """Return two applications that share a library, in a workspace of uv or Hatch."""
    table = {
        "uv": '[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n',
        "hatch": '[tool.hatch.envs.default]\nworkspace.members = ["apps/*", "libs/*"]\n',
    }[kind]
    sources = "[tool.uv.sources]\nprices = { workspace = true }\n" if kind == "uv" else ""
    backend = build_system("hatchling", "hatchling.build")
    files = {
        "pyproject.toml": table,
        "libs/prices/pyproject.toml": PROJECT.replace('"shop"', '"prices"').replace(
            '"starlette>=0.45"', ""
        )
        + backend,
        "libs/prices/src/prices/__init__.py": f'TEXT = "{ANSWER}"\n',
    }
    for name in ("one", "two"):
        project = PROJECT.replace('"shop"', f'"{name}"').replace(
            '"starlette>=0.45"', '"starlette>=0.45", "prices"'
        )
        head = dedent(project) + dedent(backend) + sources + "[tool.longshore]\n"
        files[f"apps/{name}/pyproject.toml"] = head
        files[f"apps/{name}/src/{name}/__init__.py"] = ""
        files[f"apps/{name}/src/{name}/main.py"] = "from prices import TEXT\n" + dedent(
            MAIN
        ).replace(f'"{ANSWER}"', "TEXT")
    return {path: dedent(text).lstrip("\n") for path, text in files.items()}
