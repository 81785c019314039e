"""Projects in memory, and what their processes need."""

import tomllib
from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from longshore.project.required import Requirement, find_required
from longshore.types import Asgi, EntryPoint, Process, ProcessKind

Required = Callable[..., tuple[Requirement, ...]]


DEFAULT = Process(name="web", kind=ProcessKind.WEB, serve=Asgi(EntryPoint.parse("shop:app")))


@pytest.fixture
def required() -> Required:
    """What one process of a project needs; a string is the project's only module, ``shop.py``."""

    def run(
        files: Mapping[str, str] | str, process: Process | None = None
    ) -> tuple[Requirement, ...]:
        files = {"shop.py": files} if isinstance(files, str) else files
        data = {path: dedent(text).lstrip("\n").encode() for path, text in files.items()}
        text = data.get("pyproject.toml")
        found = find_required(
            data,
            data.__getitem__,
            name="shop",
            document=tomllib.loads(text.decode()) if text is not None else None,
            processes=[process or DEFAULT],
        )
        return found["web"]

    return run


@pytest.fixture
def names(required: Required) -> Callable[..., list[str]]:
    """The names of what one process of a project needs."""

    def run(files: Mapping[str, str] | str, process: Process | None = None) -> list[str]:
        return [one.name for one in required(files, process)]

    return run
