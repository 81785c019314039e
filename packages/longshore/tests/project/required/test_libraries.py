"""Settings libraries: which calls have no default, and what the variable is called."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from decouple import UndefinedValueError  # type: ignore[import-untyped]

Names = Callable[..., list[str]]

DECOUPLE = "from decouple import config\n"
DJANGO = "import environ\nenv = environ.Env()\n"
ENVIRONS = "from environs import Env\nenv = Env()\n"
STARLETTE = "from starlette.config import Config\nconfig = Config('.env')\n"

REQUIRED = {
    "decouple": f"{DECOUPLE}X = config('X')",
    "decouple, cast": f"{DECOUPLE}X = config('X', cast=int)",
    "decouple, module": "import decouple\nX = decouple.config('X')",
    "decouple, own": "from decouple import AutoConfig\nget = AutoConfig('.')\nX = get('X')",
    "decouple, file": (
        "from decouple import Config, RepositoryEnv\nget = Config(RepositoryEnv('.env'))\n"
        "X = get('X')"
    ),
    "django-environ": f"{DJANGO}X = env('X')",
    "django-environ, cast": f"{DJANGO}X = env('X', int)",
    "django-environ, method": f"{DJANGO}X = env.str('X')",
    "django-environ, url": f"{DJANGO}X = env.db('X')",
    "django-environ, scheme without default": (
        "import environ\nenv = environ.Env(X=str)\nX = env('X')"
    ),
    "environs": f"{ENVIRONS}X = env('X')",
    "environs, method": f"{ENVIRONS}X = env.list('X', subcast=int)",
    "environs, the module's": "from environs import env\nX = env.str('X')",
    "starlette": f"{STARLETTE}X = config('X', cast=str)",
    "starlette, class": f"{STARLETTE}X = config('X', str)",
    "in a class": f"{DECOUPLE}class Config:\n    X = config('X')",
}

NOT_REQUIRED = {
    "decouple": f"{DECOUPLE}X = config('X', default='')",
    "decouple, positional": f"{DECOUPLE}X = config('X', '')",
    "somebody else's config": "from shop_config import config\nX = config('X')",
    "django-environ": f"{DJANGO}X = env('X', default=None)",
    "django-environ, positional": f"{DJANGO}X = env('X', str, '')",
    "django-environ, method": f"{DJANGO}X = env.bool('X', False)",
    "django-environ, scheme": ("import environ\nenv = environ.Env(X=(bool, False))\nX = env('X')"),
    "django-environ, computed scheme": "import environ\nenv = environ.Env(**S)\nX = env('X')",
    "another method": f"{DJANGO}env.read_env('X')",
    "environs": f"{ENVIRONS}X = env('X', None)",
    "environs, method": f"{ENVIRONS}X = env.int('X', 5)",
    "environs, prefix": f"{ENVIRONS}with env.prefixed('A_'):\n    X = env('X')",
    "environs, prefix of all": "from environs import Env\nenv = Env(prefix='A_')\nX = env('X')",
    "starlette": f"{STARLETTE}X = config('X', default='')",
    "starlette, positional": f"{STARLETTE}X = config('X', str, '')",
    "starlette, prefix": (
        "from starlette.config import Config\nconfig = Config(env_prefix='A_')\nX = config('X')"
    ),
    "caught": (
        f"{DECOUPLE}from decouple import UndefinedValueError\n"
        "try:\n    X = config('X')\nexcept UndefinedValueError:\n    X = ''"
    ),
    "in a function": f"{DECOUPLE}def get():\n    return config('X')",
}


@pytest.mark.parametrize("source", REQUIRED.values(), ids=REQUIRED)
def test_is_required(source: str, names: Names) -> None:
    assert names(f"{source}\n") == ["X"]


@pytest.mark.parametrize("source", NOT_REQUIRED.values(), ids=NOT_REQUIRED)
def test_is_not_required(source: str, names: Names) -> None:
    assert names(f"{source}\n") == []


HERE = [
    one
    for one in dict.fromkeys((*REQUIRED, *NOT_REQUIRED))
    if one.startswith(("decouple", "starlette")) and "prefix" not in one  # that is not judged
]


@pytest.mark.parametrize("name", HERE)
def test_the_libraries_agree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("X", raising=False)
    (tmp_path / ".env").touch()
    for sources, fails in ((REQUIRED, True), (NOT_REQUIRED, False)):
        if name in sources:
            error = (UndefinedValueError, KeyError)
            with pytest.raises(error) if fails else nullcontext():
                exec(compile(sources[name], "shop.py", "exec"), {})


def test_urls_of_django_have_names_of_their_own(names: Names) -> None:
    source = f"{DJANGO}DATABASES = {{'default': env.db()}}\nCACHES = env.cache()\n"
    assert names(source) == ["CACHE_URL", "DATABASE_URL"]


def test_the_object_of_another_module(names: Names) -> None:
    files = {
        "shop.py": "from base import env\nX = env('X')\nY = env('Y')\n",
        "base.py": "import environ\nenv = environ.Env(Y=(str, ''))\n",
    }
    assert names(files) == ["X"]


def test_decouple_reads_a_file_of_the_project(names: Names) -> None:
    source = f"{DECOUPLE}X = config('X')\nY = config('Y')\n"
    assert names({"shop.py": source, "settings.ini": "[settings]\nX = 1\n"}) == ["Y"]
