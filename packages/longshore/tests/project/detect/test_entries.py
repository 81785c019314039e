"""Entry points are looked up without an import."""

from collections.abc import Callable

import pytest

from longshore.project.detect.entries import Located, Missing, find_entry
from longshore.project.detect.reading import Reading

Read = Callable[..., Reading]
FILES = {
    "shop/__init__.py": "",
    "shop/main.py": """
        from fastapi import FastAPI
        from elsewhere import thing
        app = FastAPI()
        def create_app() -> FastAPI: ...
        def other(): ...
    """,
    "shop/lazy.py": "def __getattr__(name): ...\n",
    "shop/broken.py": "def (\n",
    "shop/stars.py": "from elsewhere import *\n",
}


@pytest.mark.parametrize(
    ("text", "line", "framework"),
    [
        ("shop.main:app", 3, "FastAPI"),
        ("shop.main:app.inner", 3, "FastAPI"),
        ("shop.main:create_app", 4, "FastAPI"),
        ("shop.main:create_app()", 4, "FastAPI"),
        ("shop.main:other", 5, None),
        ("shop.main:thing", 2, None),
        ("shop.lazy:anything", 1, None),
        ("shop.stars:anything", 1, None),
        ("shop:main", 1, None),
    ],
)
def test_what_exists_is_located(reading: Read, text: str, line: int, framework: str | None) -> None:
    found = find_entry(text, reading(FILES))

    assert isinstance(found, Located)
    assert (found.line, found.framework.title if found.framework else None) == (line, framework)


def test_a_function_that_returns_an_application_is_a_factory(reading: Read) -> None:
    found = find_entry("shop.main:create_app", reading(FILES))

    assert isinstance(found, Located)
    assert str(found.entry) == "shop.main:create_app()"


@pytest.mark.parametrize(
    ("text", "reason", "suggestion"),
    [
        ("shop.main:ap", "'shop.main' has no 'ap'", "shop.main:app"),
        ("shop.mian:app", "there is no module 'shop.mian'", "shop.main:app"),
        ("main:app", "there is no module 'main'", "shop.main:app"),
        ("far.away:app", "there is no module 'far.away'", None),
        ("shop.broken:app", "shop/broken.py can't be parsed", None),
        ("shop main", "expected 'package.module:attribute', got 'shop main'", None),
    ],
)
def test_what_does_not_exist_has_a_reason(
    reading: Read, text: str, reason: str, suggestion: str | None
) -> None:
    assert find_entry(text, reading(FILES)) == Missing(reason=reason, suggestion=suggestion)
