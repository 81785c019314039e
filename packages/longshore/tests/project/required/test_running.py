"""Which code runs when a process starts."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.project.required import Code, find_required
from longshore.types import Asgi, CommandLine, EntryPoint, Process, ProcessKind

Names = Callable[..., list[str]]
READS = "import os\nX = os.environ['X']\n"


def web(target: str = "shop:app", env: Mapping[str, str] | None = None) -> Process:
    """An application under the runtime."""
    serve = Asgi(EntryPoint.parse(target))
    return Process(name="web", kind=ProcessKind.WEB, serve=serve, env=env or {})


def command(*argv: str) -> Process:
    """A program."""
    return Process(name="web", kind=ProcessKind.WORKER, serve=CommandLine(argv))


@pytest.mark.parametrize(
    "line",
    [
        "import config",
        "import config as c",
        "from config import X",
        "from config import *",
        "import parts.config",
        "from parts import config",
        "from parts.config import X",
        "from parts import other",
    ],
)
def test_imports_are_followed(line: str, names: Names) -> None:
    files = {
        "shop.py": f"{line}\n",
        "config.py": READS,
        "parts/__init__.py": "",
        "parts/config.py": READS,
        "parts/other.py": "from . import config\n",
    }
    assert names(files) == ["X"]


def test_the_package_around_a_module_is_imported(names: Names) -> None:
    files = {"shop/__init__.py": READS, "shop/web/__init__.py": "", "shop/web/main.py": "app = 1\n"}
    assert names(files, web("shop.web.main:app")) == ["X"]


def test_what_nothing_imports_is_not_read(names: Names) -> None:
    assert names({"shop.py": "app = 1\n", "config.py": READS}) == []


def test_imports_in_a_circle(names: Names) -> None:
    assert names({"shop.py": "import config\n", "config.py": f"import shop\n{READS}"}) == ["X"]


def test_an_import_under_a_condition_is_not_followed(names: Names) -> None:
    files = {"shop.py": "if a():\n    import config\n", "config.py": READS}
    assert names(files) == []


def test_an_import_that_may_fail_is_followed(names: Names) -> None:
    source = "try:\n    import config\nexcept ImportError:\n    config = None\n"
    assert names({"shop.py": source, "config.py": READS}) == ["X"]


CALLED = {
    "a function": "def get():\n    return os.environ['X']\nx = get()\n",
    "cached": "@lru_cache\ndef get():\n    return os.environ['X']\nx = get()\n",
    "cached with a size": "@lru_cache(maxsize=1)\ndef get():\n    return os.environ['X']\nget()\n",
    "by another": "def a():\n    return os.environ['X']\ndef b():\n    c = a()\nb()\n",
    "a constructor": (
        "class A:\n    def __init__(self):\n        self.x = os.environ['X']\na = A()\n"
    ),
    "a class method": (
        "class A:\n    @classmethod\n    def load(cls):\n        return os.environ['X']\n"
        "a = A.load()\n"
    ),
    "with the name": "def get(name):\n    return os.environ[name]\nx = get('X')\n",
    "with the name as keyword": (
        "def get(*, name):\n    return os.environ[name]\nx = get(name='X')\n"
    ),
    "with the name by default": "def get(name='X'):\n    return os.environ[name]\nx = get()\n",
    "raises itself": (
        "def get(name):\n    try:\n        return os.environ[name]\n"
        "    except KeyError:\n        raise RuntimeError(name) from None\nx = get('X')\n"
    ),
    "checks": (
        "def get(name):\n    value = os.getenv(name)\n    if not value:\n"
        "        raise RuntimeError(name)\n    return value\nx = get('X')\n"
    ),
    "an argument that is not given": (
        "def get(x=None):\n    if x is None:\n        return os.environ['X']\n    return x\nget()\n"
    ),
    "a keyword that is not given": (
        "def get(*, x=None):\n    if not x:\n        x = os.environ['X']\n    return x\nget()\n"
    ),
    "or": "def get(x=None):\n    x = x or os.environ['X']\n    return x\nget()\n",
    "if else": "def get(x=None):\n    x = x if x else os.environ['X']\n    return x\nget()\n",
    "a switch": "def get(x):\n    if x:\n        return os.environ['X']\nget(True)\n",
    "a switch that is passed on": (
        "def a(x):\n    if x:\n        return os.environ['X']\ndef b(y):\n    return a(y)\nb(1)\n"
    ),
    "overloads": (
        "@overload\ndef get(x: int): ...\n@overload\ndef get(x: str): ...\n"
        "def get(x):\n    return os.environ['X']\nget(1)\n"
    ),
    "imports": "def get():\n    import config\nget()\n",
    "asynchronous": "async def main():\n    return os.environ['X']\nasyncio.run(main())\n",
    "given as dependency": (
        "def get():\n    return os.environ['X']\ndef route(x = Depends(get)): ...\n"
    ),
    "in an annotation": (
        "def get():\n    return os.environ['X']\ndef route(x: Annotated[str, Depends(get)]): ...\n"
    ),
    "lifespan": (
        "@asynccontextmanager\nasync def life(app):\n    os.environ['X']\n    yield\n"
        "app = FastAPI(lifespan=life)\n"
    ),
    "lifespan of its own": (
        "def make(life=None):\n    async def own(app):\n        os.environ['X']\n"
        "    return FastAPI(lifespan=life if life else own)\napp = make()\n"
    ),
    "on start": ("async def begin():\n    os.environ['X']\napp = Starlette(on_startup=[begin])\n"),
    "by an event": "@app.on_event('startup')\nasync def begin():\n    os.environ['X']\n",
}

NOT_CALLED = {
    "on a condition": "def get():\n    return os.environ['X']\nif a():\n    get()\n",
    "returns before": (
        "def get(a):\n    if a:\n        return 1\n    return os.environ['X']\nx = get(b)\n"
    ),
    "has returned": "def get():\n    return 1\n    return os.environ['X']\nx = get()\n",
    "with another default": (
        "def get(name, default=None):\n    if default is not None:\n        return default\n"
        "    return os.environ[name]\nx = get('X', 'a')\n"
    ),
    "given a computed name": "def get(name='X'):\n    return os.environ[name]\nx = get(y())\n",
    "given a list": "def get(name='X'):\n    return os.environ[name]\nx = get(*y)\n",
    "a switch": "def get(x=True):\n    if x:\n        return os.environ['X']\nget(False)\n",
    "and": "def get(x=None):\n    return x and os.environ['X']\nget()\n",
    "a given argument": "def get(x=None):\n    return x or os.environ['X']\nget(y())\n",
    "another argument by then": (
        "def get(x=None):\n    x = y()\n    if not x:\n        return os.environ['X']\nget()\n"
    ),
    "another name by then": (
        "def get(name):\n    name = name.lower()\n    return os.environ[name]\nget('X')\n"
    ),
    "an argument of the framework": (
        "def get(x=None):\n    return x or os.environ['X']\ndef r(x=Depends(get)): ...\n"
    ),
    "handles it": (
        "def get(name):\n    try:\n        return os.environ[name]\n"
        "    except KeyError:\n        return None\nx = get('X')\n"
    ),
    "is replaced": "@task\ndef get():\n    return os.environ['X']\nget()\n",
    "not awaited": "async def main():\n    return os.environ['X']\nx = main()\n",
    "on shutdown": "@app.on_event('shutdown')\nasync def end():\n    os.environ['X']\n",
    "defined twice": (
        "if a:\n    from b import get\nelse:\n    def get():\n        return os.environ['X']\n"
        "get()\n"
    ),
    "by name only": "def get():\n    return os.environ['X']\ntable = {'x': get}\n",
}


@pytest.mark.parametrize("source", CALLED.values(), ids=CALLED)
def test_is_called(source: str, names: Names) -> None:
    head = "import os\nimport asyncio\n"
    assert names({"shop.py": f"{head}{source}", "config.py": READS}) == ["X"]


@pytest.mark.parametrize("source", NOT_CALLED.values(), ids=NOT_CALLED)
def test_is_not_called(source: str, names: Names) -> None:
    assert names(f"import os\n{source}") == []


def test_a_function_of_another_module(names: Names) -> None:
    files = {
        "shop.py": "from tools import need\nKEY = need('X')\nOTHER = need('Y')\n",
        "tools.py": "import os\ndef need(name):\n    return os.environ[name]\n",
    }
    assert names(files) == ["X", "Y"]


def test_a_constant_of_another_module(names: Names) -> None:
    files = {
        "shop.py": "import os\nfrom names import KEY\nx = os.environ[KEY]\n",
        "names.py": "KEY = 'X'\n",
    }
    assert names(files) == ["X"]


def test_functions_that_call_one_another(names: Names) -> None:
    source = (
        "import os\ndef a():\n    b()\n    os.environ['X']\n"
        "def b():\n    a()\n    os.environ['Y']\na()\n"
    )
    assert names(source) == ["X", "Y"]


def test_a_factory_runs_where_it_is_served_as_one(names: Names) -> None:
    source = "import os\ndef app():\n    return os.environ['X']\n"
    assert names(source, web("shop:app()")) == ["X"]
    assert names(source, web("shop:app")) == []


def test_a_factory_has_its_defaults(names: Names) -> None:
    source = (
        "import os\ndef app(settings=None, *, testing=False):\n    if testing:\n"
        "        os.environ['Y']\n    settings = settings or os.environ['X']\n"
    )
    assert names(source, web("shop:app()")) == ["X"]


SCRIPTS = '[project]\nname = "shop"\n[project.scripts]\nshop-run = "shop:main"\n'


@pytest.mark.parametrize(
    "process",
    [
        command("python", "-m", "shop"),
        command("python", "shop.py", "--fast"),
        command("python3.13", "-u", "./shop.py"),
        command("shop.py"),
        command("shop-run"),
        command("uv", "run", "shop-run"),
    ],
    ids=str,
)
def test_a_program_runs_its_main_part(process: Process, names: Names) -> None:
    source = (
        "import os\ndef main():\n    return os.environ['X']\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    assert names({"shop.py": source, "pyproject.toml": SCRIPTS}, process) == ["X"]


@pytest.mark.parametrize(
    "argv",
    [
        "celery -A shop.tasks worker",
        "celery --app=shop.tasks worker",
        "arq shop.tasks.Settings",
        "dramatiq shop.tasks",
        "taskiq worker shop.tasks:broker",
        "uvicorn shop.tasks:app",
        "python -m gunicorn shop.tasks:app",
        "flask --app shop.tasks:app db upgrade",
        "python -m shop.tasks",
    ],
)
def test_a_program_imports_what_its_arguments_name(argv: str, names: Names) -> None:
    files = {"shop/__init__.py": "", "shop/tasks.py": READS}
    assert names(files, command(*argv.split())) == ["X"]


def test_a_package_that_runs(names: Names) -> None:
    files = {"shop/__init__.py": "", "shop/__main__.py": READS}
    assert names(files, command("python", "-m", "shop")) == ["X"]


def test_a_word_of_any_other_program_means_nothing(names: Names) -> None:
    assert names(READS, command("echo", "shop")) == []


@pytest.mark.parametrize(
    "ini", ["script_location = migrations", "script_location = %(here)s/migrations"]
)
def test_alembic_runs_its_environment(ini: str, names: Names) -> None:
    files = {
        "alembic.ini": f"[alembic]\n{ini}\n",
        "migrations/env.py": "from config import X\n",
        "config.py": READS,
    }
    assert names(files, command("alembic", "upgrade", "head")) == ["X"]


def test_alembic_is_configured_in_the_project(names: Names) -> None:
    text = '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'
    files = {"pyproject.toml": text, "migrations/env.py": READS}
    assert names(files, command("alembic", "upgrade", "head")) == ["X"]


DJANGO = {
    "manage.py": (
        "import os, sys\n\n\ndef main():\n"
        "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n\n\n"
        "if __name__ == '__main__':\n    main()\n"
    ),
    "shop/__init__.py": "",
    "shop/wsgi.py": (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "app = get_wsgi_application()\n"
    ),
    "shop/settings.py": READS,
    "shop/production.py": "import os\nfrom .base import *\nY = os.environ['Y']\n",
    "shop/base.py": "import os\nZ = os.environ['Z']\n",
}


def test_djangos_settings_are_imported(names: Names) -> None:
    assert names(DJANGO, web("shop.wsgi:app")) == ["X"]
    assert names(DJANGO, command("python", "manage.py", "migrate")) == ["X"]


def test_the_environment_says_which_settings(names: Names) -> None:
    env = {"DJANGO_SETTINGS_MODULE": "shop.production"}
    assert names(DJANGO, web("shop.wsgi:app", env)) == ["Y", "Z"]


def test_the_members_of_the_workspace_are_read(names: Names) -> None:
    member = '[project]\nname = "{}"\n[build-system]\nrequires = []\n'
    files = {
        "pyproject.toml": member.format("shop"),
        "src/shop/__init__.py": "",
        "src/shop/main.py": "from common.config import X\nimport flat\n",
        "../common/pyproject.toml": member.format("common"),
        "../common/src/common/__init__.py": "",
        "../common/src/common/config.py": READS,
        "../flat/pyproject.toml": member.format("flat"),
        "../flat/flat.py": "import os\nY = os.environ['Y']\n",
    }
    assert names(files, web("shop.main:app")) == ["X", "Y"]


def test_the_env_of_the_process_counts(names: Names) -> None:
    assert names(READS, web(env={"X": "1"})) == []


def test_a_file_of_the_project_gives_it(names: Names) -> None:
    source = "from dotenv import load_dotenv\nload_dotenv('conf/app.env')\n" + READS
    assert names({"shop.py": source, "conf/app.env": "export X=1\n"}) == []
    assert names({"shop.py": source, "conf/app.env": "Y=1\n"}) == ["X"]
    assert names({"shop.py": source, "conf/other.env": "X=1\n"}) == ["X"]


def test_a_dotenv_file_is_never_shipped(names: Names) -> None:
    source = "from dotenv import load_dotenv\nload_dotenv('.env')\n" + READS
    assert names({"shop.py": source, ".env": "X=1\n"}) == ["X"]


def test_sources_that_do_not_parse(names: Names) -> None:
    assert names({"shop.py": f"import broken\n{READS}", "broken.py": "def"}) == ["X"]


def test_a_thousand_terms(names: Names) -> None:
    total = " + ".join(["'a'"] * 900)
    assert names(f"import os\nY = {total} + os.environ['X']\n") == ["X"]


WORDS = st.sampled_from(
    [
        "import os",
        "from os import environ",
        "X = os.environ['X']",
        "X = X",
        "class A(A): x: int",
        "class A(BaseSettings): x: int = Field(...)",
        "from pydantic_settings import BaseSettings",
        "def f(x=f): return f(x)",
        "f(*f, **f)",
        "f(f('X'))",
        "with f() as X: pass",
        "try: f()\nexcept* ValueError: pass",
        "if not X: raise X",
        "assert X",
        "del X",
        "global X",
        "lambda: X",
        "from . import shop",
        "from .... import x",
        "import shop.shop",
        "X: int",
        "async def g(): await f(g())",
        "from decouple import config",
        "config('X', *X)",
        "config()",
        "env = environ.Env(X=(str,))",
        "env.db()",
        "@f\n@f()\nclass B: pass",
        "return X",
        "{**X}",
        "X[...]",
        "A()",
    ]
)


@given(st.lists(WORDS, max_size=8))
def test_never_raises(lines: list[str]) -> None:
    text = "\n".join(lines).encode()
    find_required([Code(paths=("shop.py",))], lambda _: text, processes=[web("shop:f()")])
