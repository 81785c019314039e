"""Poetry's constraints and dependencies in the words of the standards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from longshore.config.invalid import InvalidValueError
from longshore.project.poetry import poetry_python, read_poetry, translate_constraint


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1.2", ">=1.2,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        ("1.2.*", "==1.2.*"),
        ("*", ""),
        ("", ""),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        (">=1.2,<2.0", ">=1.2,<2.0"),
        (">= 1.2  < 2.0", ">=1.2,<2.0"),
        ("^1.2,!=1.3", ">=1.2,<2,!=1.3"),
    ],
)
def test_a_constraint_means_what_poetry_means(written: str, expected: str) -> None:
    assert translate_constraint(written) == expected


@pytest.mark.parametrize("written", ["abc", "^a", ">=1 junk", "1.2 or 3", "^", "~~1"])
def test_what_is_no_constraint_is_refused(written: str) -> None:
    with pytest.raises(InvalidValueError, match="expected a "):
        translate_constraint(written)


def test_alternatives_have_no_equal() -> None:
    with pytest.raises(InvalidValueError) as caught:
        translate_constraint("^3.9 || ^3.12")
    assert str(caught.value) == "expected one range, got the alternatives '^3.9 || ^3.12'"


parts = st.lists(st.integers(0, 3), min_size=1, max_size=3)


@given(parts, parts)
def test_a_caret_keeps_the_leftmost_part_that_is_not_zero(
    base: list[int], other: list[int]
) -> None:
    allowed = SpecifierSet(translate_constraint("^" + ".".join(map(str, base))))
    low = [*base, 0, 0][:3]
    version = [*other, 0, 0][:3]
    fixed = next((i for i, part in enumerate(base) if part), len(base) - 1) + 1
    expected = version >= low and version[:fixed] == low[:fixed]
    assert allowed.contains(".".join(map(str, version))) == expected


def test_dependencies_become_requirements() -> None:
    found = read_poetry(
        {
            "dependencies": {
                "python": "^3.11",
                "Flask": {"version": "^3", "extras": ["async"], "python": "<3.13"},
                "lib": {"path": "../lib", "develop": True},
                "pg": {"version": "^1.1", "optional": True},
                "win": {"version": "*", "platform": "win32", "markers": "python_version > '3'"},
                "torch": [
                    {"version": "1.0", "python": "<3.12"},
                    {"version": "2.0", "python": ">=3.12"},
                ],
            },
            "extras": {"Post_Gres": ["pg"]},
        }
    )
    assert found.requirements == (
        'Flask[async]<4,>=3; python_full_version < "3.13"',
        "lib",
        'win; python_version > "3" and sys_platform == "win32"',
        'torch==1.0; python_full_version < "3.12"',
        'torch==2.0; python_full_version >= "3.12"',
    )
    assert found.extras == {"post-gres": ("pg<2,>=1.1",)}
    assert found.folders == {"lib": "../lib"}


def test_everything_that_can_not_be_translated_is_said_at_once() -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_poetry(
            {
                "dependencies": {
                    "a": {"git": "https://code.test/a"},
                    "b": ["^1", "x y"],
                    "c": 3,
                    "d d": "*",
                    "e": {"version": "*", "markers": "python ="},
                },
                "extras": {"all": ["z"]},
            }
        )
    assert [f"{each.path}: {each.message}" for each in caught.value.problems] == [
        "dependencies.a: dependencies from git can't be shipped",
        "dependencies.b[1]: expected a constraint such as '^1.2', got 'x'",
        "dependencies.c: expected a constraint or a table, got 3",
        "dependencies.'d d': expected a distribution name, got 'd d'",
        "dependencies.e: Expected a marker variable or quoted string",
        "extras.all: 'z' is no optional dependency",
    ]


def test_the_python_is_a_range() -> None:
    assert poetry_python({"dependencies": {"python": "^3.11"}}) == ">=3.11,<4"
    assert poetry_python({}) == ""
    with pytest.raises(InvalidValueError) as caught:
        poetry_python({"dependencies": {"python": 3}})
    assert caught.value.problems[0].path == "dependencies.python"
