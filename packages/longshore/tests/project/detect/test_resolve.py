"""Names are followed as the import system would."""

from collections.abc import Callable

import pytest

from longshore.project.detect.frameworks import Interface
from longshore.project.detect.reading import Reading
from longshore.project.detect.values import External, Made

Read = Callable[..., Reading]

OBJECTS = {
    "an alias": "import fastapi as f\napp = f.FastAPI()\n",
    "chained": "from fastapi import FastAPI\napp = api = FastAPI()\n",
    "annotated, made elsewhere": (
        "from fastapi import FastAPI\nfrom x import y\napp: FastAPI = y()\n"
    ),
    "a string as annotation": ("import fastapi\nfrom x import y\napp: 'fastapi.FastAPI' = y()\n"),
    "rebound": (
        "from fastapi import FastAPI\nfrom z import Wrap\napp = FastAPI()\napp = Wrap(app, 1)\n"
    ),
    "wrapped by a middleware": (
        "from fastapi import FastAPI\nfrom z import LogMiddleware\n"
        "inner = FastAPI()\napp = LogMiddleware(inner)\n"
    ),
    "a subclass": (
        "from fastapi import FastAPI\nclass A(FastAPI): pass\nclass B(A): pass\napp = B()\n"
    ),
    "a factory by what it returns": (
        "from fastapi import FastAPI\ndef make(x):\n    a = FastAPI()\n    return a\n"
        "app = make(1)\n"
    ),
    "a factory by its annotation": (
        "from fastapi import FastAPI\ndef make() -> FastAPI: ...\napp = make()\n"
    ),
    "a method": (
        "from fastapi import FastAPI\nclass S:\n    def app(self) -> FastAPI: ...\n"
        "s = S()\napp = s.app()\n"
    ),
    "in a try": (
        "try:\n    from fastapi import FastAPI\n    app = FastAPI()\n"
        "except ImportError:\n    raise\n"
    ),
    "in an if": "import sys\nfrom fastapi import FastAPI\nif sys.argv:\n    app = FastAPI()\n",
    "in a with": "from fastapi import FastAPI\nwith open('x'):\n    app = FastAPI()\n",
    "unpacked": "from fasthtml.common import fast_app\napp, rt = fast_app()\n",
    "a tuple": "from fastapi import FastAPI\napp, two = FastAPI(), 2\n",
    "a walrus": "from fastapi import FastAPI\napp = (inner := FastAPI())\n",
    "either": "from fastapi import FastAPI\napp = None or FastAPI()\n",
    "adapted": (
        "from flask import Flask\nfrom asgiref.wsgi import WsgiToAsgi\n"
        "inner = Flask('a')\napp = WsgiToAsgi(inner)\n"
    ),
    "a plain class": (
        "class App:\n    async def __call__(self, scope, receive, send): ...\napp = App()\n"
    ),
    "MCP": "from fastmcp import FastMCP\nmcp = FastMCP('x')\napp = mcp.http_app()\n",
}

OTHERS = {
    "an extension": "from flask_sqlalchemy import SQLAlchemy\nfrom flask import Flask\n"
    "inner = Flask('a')\napp = SQLAlchemy(inner)\n",
    "a client": "from fastapi import FastAPI\nfrom fastapi.testclient import TestClient\n"
    "app = TestClient(FastAPI())\n",
    "a router": "from fastapi import APIRouter\napp = APIRouter()\n",
    "unknown": "app = whatever()\n",
    "itself": "app = app\n",
    "a circle": "def a():\n    return b()\ndef b():\n    return a()\napp = a()\n",
    "a deleted name": "import nowhere\napp = nowhere.thing.app\n",
}


def made(reading: Reading, name: str = "app") -> object:
    module = reading.resolver.module("main")
    assert module is not None
    return reading.resolver.attribute(module, name)


@pytest.mark.parametrize("case", OBJECTS)
def test_an_asgi_application_is_recognised(reading: Read, case: str) -> None:
    found = made(reading({"main.py": OBJECTS[case]}))

    assert isinstance(found, Made)
    assert found.framework is not None
    assert found.framework.interface is Interface.ASGI


@pytest.mark.parametrize("case", OTHERS)
def test_anything_else_is_none(reading: Read, case: str) -> None:
    found = made(reading({"main.py": OTHERS[case]}))

    assert not (isinstance(found, Made) and found.framework)


@pytest.mark.parametrize(
    "text",
    [
        "from shop.core import app\n",
        "from shop.core import app as app\n",
        "from shop.core import *\n",
        "from shop import app\n",
        "import shop.core\napp = shop.core.app\n",
        "import shop\napp = shop.core.app\n",
        "from shop import core\napp = core.app\n",
    ],
)
def test_imports_lead_to_the_object(reading: Read, text: str) -> None:
    files = {
        "main.py": text,
        "shop/__init__.py": "from .core import app\n",
        "shop/core.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    }

    found = made(reading(files))

    assert isinstance(found, Made)
    assert found.origin == ("shop/core.py", 2, 6)


@pytest.mark.parametrize(
    "text", ["from ..core import app\n", "from .. import core\napp = core.app\n"]
)
def test_relative_imports_count_their_dots(reading: Read, text: str) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/web/__init__.py": "",
        "shop/web/main.py": text,
        "shop/core.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    }
    found = reading(files)
    module = found.resolver.module("shop.web.main")
    assert module is not None

    assert isinstance(found.resolver.attribute(module, "app"), Made)


def test_a_name_of_another_distribution_is_its_full_name(reading: Read) -> None:
    found = made(reading({"main.py": "from uvicorn import run as app\n"}))

    assert found == External("uvicorn.run")


def test_modules_that_import_one_another_end(reading: Read) -> None:
    files = {"main.py": "from b import app\n", "b.py": "from main import app\n"}

    assert made(reading(files)) is None
