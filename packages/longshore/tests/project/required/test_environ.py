"""``os.environ["NAME"]``: where it counts, and where it does not."""

from collections.abc import Callable

import pytest

from longshore.project.required import Requirement

Names = Callable[..., list[str]]

REQUIRED = {
    "attribute": "import os\nX = os.environ['X']",
    "from": "from os import environ\nX = environ['X']",
    "renamed": "from os import environ as e\nX = e['X']",
    "assigned": "import os\nenv = os.environ\nX = env['X']",
    "pop": "import os\nX = os.environ.pop('X')",
    "getitem": "import os\nX = os.environ.__getitem__('X')",
    "constant": "import os\nNAME = 'X'\nX = os.environ[NAME]",
    "part of an expression": "import os\nX = int(os.environ['X'].strip()) + 1",
    "a class body": "import os\nclass Config:\n    X = os.environ['X']",
    "a dataclass": "import os\nclass Config:\n    x: str = os.environ['X']",
    "a default": "import os\ndef get(x=os.environ['X']): ...",
    "a decorator": "import os\n@use(os.environ['X'])\ndef get(): ...",
    "with": "import os\nwith open(os.environ['X']) as file:\n    pass",
    "inside with": "import os\nwith lock:\n    X = os.environ['X']",
    "first of or": "import os\nX = os.environ['X'] or 'a'",
    "a dictionary": "import os\nX = {'x': os.environ['X']}",
    "an f-string": "import os\nX = f\"a{os.environ['X']}\"",
    "not type checking": "import os\nif not TYPE_CHECKING:\n    X = os.environ['X']",
    "type checking, else": (
        "import os\nif TYPE_CHECKING:\n    pass\nelse:\n    X = os.environ['X']"
    ),
    "on this platform": "import os, sys\nif sys.platform == 'linux':\n    X = os.environ['X']",
    "another error is caught": (
        "import os\ntry:\n    X = os.environ['X']\nexcept ImportError:\n    X = 1"
    ),
    "caught and raised": (
        "import os\ntry:\n    X = os.environ['X']\nexcept KeyError:\n    raise SystemExit('no X')"
    ),
    "caught and left": (
        "import os, sys\ntry:\n    X = os.environ['X']\nexcept KeyError:\n    sys.exit(1)"
    ),
    "finally": (
        "import os\ntry:\n    a()\nexcept Exception:\n    b()\nfinally:\n    X = os.environ['X']"
    ),
    "checked by if": "import os\nX = os.getenv('X')\nif not X:\n    raise RuntimeError('no X')",
    "checked for None": "import os\nX = os.environ.get('X')\nif X is None:\n    exit('no X')",
    "checked by walrus": "import os\nif not (X := os.getenv('X')):\n    raise SystemExit(1)",
    "checked at once": "import os\nif not os.getenv('X'):\n    raise SystemExit(1)",
    "checked by in": "import os\nif 'X' not in os.environ:\n    raise SystemExit(1)",
    "asserted": "import os\nX = os.getenv('X')\nassert X, 'no X'",
    "asserted by in": "import os\nassert 'X' in os.environ",
    "one of several": "import os\nX = os.getenv('X')\nif not X or not y:\n    raise ValueError",
    "all": "import os\nX = os.getenv('X')\nif not all([X]):\n    raise ValueError",
    "Flask": "app = Flask('shop')\napp.config.from_envvar('X')",
}

NOT_REQUIRED = {
    "get": "import os\nX = os.environ.get('X')",
    "getenv": "import os\nX = os.getenv('X')",
    "pop with a default": "import os\nX = os.environ.pop('X', None)",
    "not a name": "import os\nX = os.environ[name()]",
    "not os": "environ = {}\nX = environ['X']",
    "wsgi": "def app(environ, start_response):\n    return environ['X']",
    "written": "import os\nos.environ['X'] = '1'\nY = os.environ['X']",
    "written on a condition": (
        "import os\nif a():\n    os.environ['X'] = '1'\nY = os.environ['X']"
    ),
    "setdefault": "import os\nos.environ.setdefault('X', '1')\nY = os.environ['X']",
    "update": "import os\nos.environ.update({'X': '1'})\nY = os.environ['X']",
    "update by keyword": "import os\nos.environ.update(X='1')\nY = os.environ['X']",
    "putenv": "import os\nos.putenv('X', '1')\nY = os.environ['X']",
    "computed names": (
        "import os\nfor k, v in read():\n    os.environ[k] = v\nY = os.environ['X']"
    ),
    "computed update": "import os\nos.environ.update(read())\nY = os.environ['X']",
    "computed union": "import os\nos.environ |= read()\nY = os.environ['X']",
    "deleted": "import os\ndel os.environ['X']",
    "a function": "import os\ndef get():\n    return os.environ['X']",
    "a method": "import os\nclass A:\n    def get(self):\n        return os.environ['X']",
    "a lambda": "import os\nget = lambda: os.environ['X']",
    "if": "import os\nif a():\n    X = os.environ['X']",
    "else": "import os\nif a():\n    pass\nelse:\n    X = os.environ['X']",
    "guarded": "import os\nif 'X' in os.environ:\n    X = os.environ['X']",
    "an expression with if": "import os\nX = os.environ['X'] if 'X' in os.environ else 1",
    "second of or": "import os\nX = os.getenv('Y') or os.environ['X']",
    "second of and": "import os\nX = a and os.environ['X']",
    "a loop": "import os\nfor a in b:\n    X = os.environ['X']",
    "a comprehension": "import os\nX = [os.environ['X'] for a in b]",
    "while": "import os\nwhile a():\n    X = os.environ['X']",
    "match": "import os\nmatch a:\n    case 1:\n        X = os.environ['X']",
    "type checking": "import os\nif TYPE_CHECKING:\n    X = os.environ['X']",
    "typing's": "import os, typing\nif typing.TYPE_CHECKING:\n    X = os.environ['X']",
    "main": "import os\nif __name__ == '__main__':\n    X = os.environ['X']",
    "one of two names": ("import os\nif a():\n    N = 'Y'\nelse:\n    N = 'X'\nX = os.environ[N]"),
    "another platform": "import os, sys\nif sys.platform == 'win32':\n    X = os.environ['X']",
    "another system": "import os\nif os.name == 'nt':\n    X = os.environ['X']",
    "KeyError": "import os\ntry:\n    X = os.environ['X']\nexcept KeyError:\n    X = 1",
    "one of several errors": (
        "import os\ntry:\n    X = os.environ['X']\nexcept (TypeError, KeyError):\n    X = 1"
    ),
    "any error": "import os\ntry:\n    X = os.environ['X']\nexcept:\n    X = 1",
    "suppress": (
        "import os\nfrom contextlib import suppress\n"
        "with suppress(KeyError):\n    X = os.environ['X']"
    ),
    "an error handler": "import os\ntry:\n    a()\nexcept OSError:\n    X = os.environ['X']",
    "checked, with a default": (
        "import os\nX = os.getenv('X', '1')\nif not X:\n    raise RuntimeError('no X')"
    ),
    "checked and replaced": "import os\nX = os.getenv('X')\nif not X:\n    X = '1'",
    "given twice": (
        "import os\nX = os.getenv('X')\nX = X or '1'\nif not X:\n    raise RuntimeError"
    ),
    "two of which one does": (
        "import os\nX = os.getenv('X')\nif not X and not os.getenv('Y'):\n    raise RuntimeError"
    ),
    "checked in order to go": "import os, sys\nif not os.getenv('X'):\n    sys.exit(0)",
    "Flask, silent": "app = Flask('shop')\napp.config.from_envvar('X', silent=True)",
    "always set": "import os\nX = os.environ['PATH'] + os.environ['HOME'] + os.environ['PORT']",
}


@pytest.mark.parametrize("source", REQUIRED.values(), ids=REQUIRED)
def test_is_required(source: str, names: Names) -> None:
    assert names(f"{source}\n") == ["X"]


@pytest.mark.parametrize("source", NOT_REQUIRED.values(), ids=NOT_REQUIRED)
def test_is_not_required(source: str, names: Names) -> None:
    assert names(f"{source}\n") == []


def test_the_line_is_named(required: Callable[..., tuple[Requirement, ...]]) -> None:
    (one,) = required("import os\n\nX = int(\n    os.environ['X_SECRET']\n)\n")
    assert one == Requirement(name="X_SECRET", location="shop.py:4", text="os.environ['X_SECRET']")
    assert one.is_secret


def test_a_file_with_the_value_does() -> None:
    one = Requirement(name="X", location="shop.py:1", text="")
    assert one.is_given({"X"})
    assert one.is_given({"X_FILE"})
    assert not one.is_given({"x", "Y"})
