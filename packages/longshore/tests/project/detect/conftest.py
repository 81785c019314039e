"""Projects in memory."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from textwrap import dedent

import pytest

from longshore.project.detect import Detection, detect
from longshore.project.detect.reading import Reading
from longshore.project.detect.survey import read

Detect = Callable[..., Detection]
Read = Callable[..., Reading]


def contents(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: dedent(text).lstrip("\n").encode() for path, text in files.items()}


def project_name(document: Mapping[str, object] | None, default: str) -> str:
    table = (document or {}).get("project")
    found = table.get("name") if isinstance(table, Mapping) else None
    return re.sub(r"[-_.]+", "-", str(found or default)).lower()


@pytest.fixture
def detected() -> Detect:
    def run(
        files: Mapping[str, str],
        *,
        name: str = "shop",
        locked: Collection[str] | None = None,
    ) -> Detection:
        data = contents(files)
        text = data.get("pyproject.toml")
        document = tomllib.loads(text.decode()) if text is not None else None
        return detect(
            data,
            data.__getitem__,
            name=project_name(document, name),
            document=document,
            locked=locked,
        )

    return run


@pytest.fixture
def reading() -> Read:
    def run(files: Mapping[str, str], *, name: str = "shop") -> Reading:
        data = contents(files)
        text = data.get("pyproject.toml")
        document = tomllib.loads(text.decode()) if text is not None else None
        return read(data, data.__getitem__, name=name, document=document, locked=None)

    return run
