"""What other tools are told about resolving."""

import tomllib

import pytest

from longshore.config.invalid import InvalidValueError
from longshore.project.resolution import Resolution, read_resolution
from longshore.types import parse_name


def read(text: str) -> Resolution:
    return read_resolution(tomllib.loads(text))


def source(tool: str, name: str, more: str = "") -> str:
    return f'[[tool.{tool}]]\nname = "{name}"\nurl = "https://{name.lower()}.test/simple"\n{more}\n'


A, B = "https://a.test/simple", "https://b.test/simple"
PYPI = '[[tool.poetry.source]]\nname = "PyPI"\n'


@pytest.mark.parametrize(
    ("text", "main", "extra"),
    [
        ("", None, ()),
        (source("poetry.source", "a"), A, ()),
        (source("poetry.source", "a", 'priority = "primary"'), A, ()),
        (source("poetry.source", "a") + source("poetry.source", "b"), A, (B,)),
        (source("poetry.source", "a", 'priority = "supplemental"'), None, (A,)),
        (source("poetry.source", "a", "secondary = true"), None, (A,)),
        (source("poetry.source", "a", 'priority = "explicit"'), None, ()),
        (source("poetry.source", "a") + PYPI, None, (A,)),
        (source("pdm.source", "pypi"), "https://pypi.test/simple", ()),
        (source("pdm.source", "a"), None, (A,)),
        (source("pdm.source", "a", 'type = "find_links"'), None, ()),
        (source("uv.index", "a"), None, (A,)),
        (source("uv.index", "a", "default = true"), A, ()),
        (source("uv.index", "a", "explicit = true"), None, ()),
        (f'[tool.uv]\nindex-url = "{A}"\nextra-index-url = ["{B}"]', A, (B,)),
    ],
)
def test_indexes(text: str, main: str | None, extra: tuple[str, ...]) -> None:
    found = read(text)
    assert (found.index_url, found.extra_index_urls) == (main, extra)


def test_overrides_and_constraints() -> None:
    found = read(
        """
        [tool.pdm.resolution.overrides]
        alpha = "1.2"
        beta = ">=1,<2"
        gamma = "https://code.test/gamma-1-py3-none-any.whl"
        [tool.uv]
        override-dependencies = ["delta==4"]
        constraint-dependencies = ["eta<5"]
        """
    )
    assert found.overrides == (
        "alpha==1.2",
        "beta<2,>=1",
        "gamma @ https://code.test/gamma-1-py3-none-any.whl",
        "delta==4",
    )
    assert found.constraints == ("eta<5",)


def test_overrides_that_are_none_are_said_at_once() -> None:
    with pytest.raises(InvalidValueError) as caught:
        read('[tool.pdm.resolution.overrides]\nalpha = "new"\nbeta = 1\n')
    assert [(one.path, one.message) for one in caught.value.problems] == [
        (
            "tool.pdm.resolution.overrides.alpha",
            "expected a version such as '1.2' or '>=1.2', got 'new'",
        ),
        (
            "tool.pdm.resolution.overrides.beta",
            "expected a version such as '1.2' or '>=1.2', got 1",
        ),
    ]


def test_what_comes_from_one_source_only() -> None:
    found = read(
        source("poetry.source", "Corp", 'priority = "explicit"')
        + source("poetry.source", "b", 'priority = "supplemental"')
        + '[tool.poetry.dependencies]\nalpha = { version = "1", source = "corp" }\n'
        + 'beta = { version = "1", source = "b" }\n'
        + 'gamma = [{ version = "1", source = "corp" }, { version = "2" }]\ndelta = "1"\n'
        + '[tool.uv.sources]\neta = { index = "x" }\ntheta = { workspace = true }\n'
    )
    assert sorted(found.unlockable) == ["alpha", "eta", "gamma"]
    reason, _, command = found.unlockable[parse_name("alpha")].partition(": ")
    assert reason == "it comes from 'corp' only"
    assert command == "run `poetry export --format requirements.txt -o requirements.txt`"


@pytest.mark.parametrize(
    "text",
    [
        "tool = 1",
        "[tool]\npoetry = 1\npdm = []\nuv = 'x'",
        "[tool.poetry]\nsource = 1\ndependencies = []",
        "[tool.pdm]\nsource = [1]\nresolution = 1",
        "[tool.uv]\nindex = {}\noverride-dependencies = 'x'\nsources = []",
    ],
)
def test_what_no_tool_would_understand_is_left_to_the_tool(text: str) -> None:
    assert read(text) == Resolution()
