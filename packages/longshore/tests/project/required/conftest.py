"""Projects in memory, and what their processes need."""

import tomllib
from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from longshore.project.required import Code, Requirement, find_required
from longshore.types import Asgi, EntryPoint, Process, ProcessKind

Required = Callable[..., tuple[Requirement, ...]]


DEFAULT = Process(name="web", kind=ProcessKind.WEB, serve=Asgi(EntryPoint.parse("shop:app")))


def _code(folder: str, data: Mapping[str, bytes]) -> Code:
    prefix = "" if folder == "." else f"{folder}/"
    paths = [path for path in data if path.startswith(prefix) and (prefix or path[:2] != "..")]
    text = data.get(f"{prefix}pyproject.toml")
    return Code(
        paths=tuple(path.removeprefix(prefix) for path in paths),
        document=tomllib.loads(text.decode()) if text is not None else None,
        folder=folder,
        name="shop",
    )


@pytest.fixture
def required() -> Required:
    """What one process of a project needs; a string is the project's only module, ``shop.py``."""

    def run(
        files: Mapping[str, str] | str, process: Process | None = None
    ) -> tuple[Requirement, ...]:
        files = {"shop.py": files} if isinstance(files, str) else files
        data = {path: dedent(text).lstrip("\n").encode() for path, text in files.items()}
        folders = ["."] + [path.rpartition("/")[0] for path in data if path.startswith("../")]
        members = [one for one in dict.fromkeys(folders) if f"{one}/pyproject.toml" in data]
        codes = [_code(".", data), *(_code(one, data) for one in members)]
        found = find_required(codes, data.__getitem__, processes=[process or DEFAULT])
        return found["web"]

    return run


@pytest.fixture
def names(required: Required) -> Callable[..., list[str]]:
    """The names of what one process of a project needs."""

    def run(files: Mapping[str, str] | str, process: Process | None = None) -> list[str]:
        return [one.name for one in required(files, process)]

    return run
