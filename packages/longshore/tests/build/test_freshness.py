"""A lock that is not the project's any more."""

from pathlib import Path

import pytest

from longshore.build.freshness import check_freshness
from longshore.errors import LockError
from longshore.locks import read_lock

LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "helper"
version = "2.0"
source = { registry = "https://index.test/simple" }

[[package]]
name = "demo"
version = "1.0"
source = { editable = "." }
dependencies = [{ name = "helper" }, { name = "core" }]

[package.metadata]
requires-dist = [
    { name = "core", editable = "core" },
    { name = "helper", specifier = ">=2,<3" },
    { name = "extra-only", marker = "extra == 'more'", specifier = ">=1" },
]

[[package]]
name = "core"
version = "1.0"
source = { editable = "core" }
"""


def check(root: Path, dependencies: str, *, more: str = "") -> None:
    (root / "uv.lock").write_text(LOCK)
    (root / "pyproject.toml").write_text(f'[project]\nname = "demo"\n{dependencies}\n{more}')
    check_freshness(read_lock(root), root)


@pytest.mark.parametrize(
    "dependencies",
    [
        'dependencies = ["helper>=2,<3", "core"]',
        'dependencies = ["Helper <3,>=2", "core>=1"]',
        'dynamic = ["dependencies"]',
    ],
)
def test_a_fresh_lock(tmp_path: Path, dependencies: str) -> None:
    check(tmp_path, dependencies)


def test_extras_are_not_compared(tmp_path: Path) -> None:
    more = '[project.optional-dependencies]\nmore = ["extra-only>=1"]\n'
    check(tmp_path, 'dependencies = ["helper>=2,<3", "core"]', more=more)


def test_what_was_added_and_what_changed_is_named(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        check(tmp_path, 'dependencies = ["helper>=2.1,<3", "core", "flask"]')
    assert str(caught.value) == (
        f"{tmp_path / 'uv.lock'}: out of date: the project has changed since it was written"
    )
    assert caught.value.context == (
        "pyproject.toml declares flask, the lock does not",
        "pyproject.toml declares helper<3,>=2.1, the lock does not",
        "the lock is for helper<3,>=2, pyproject.toml is not",
    )
    assert caught.value.hint == "run 'uv lock' and commit the file"


def test_what_was_removed_is_named(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        check(tmp_path, 'dependencies = ["helper>=2,<3"]')
    assert caught.value.context == ("the lock is for core, pyproject.toml is not",)


def test_a_lock_without_the_list_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\ndependencies = ["x"]\n')
    (tmp_path / "uv.lock").write_text(LOCK.replace("[package.metadata]", "[package.other]"))
    check_freshness(read_lock(tmp_path), tmp_path)
