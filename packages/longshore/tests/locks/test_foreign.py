"""Locks of other tools: the versions that they pin, and what to do about them."""

from pathlib import Path

import pytest

from longshore.errors import LockError
from longshore.locks import find_lock, read_lock
from longshore.locks.foreign import find_foreign, read_versions

POETRY = """
[[package]]
name = "Alpha.One"
version = "1.0"
files = []
[[package]]
name = "forked"
version = "1.0"
[[package]]
name = "forked"
version = "2.0"
[[package]]
name = "cloned"
version = "0.1"
[package.source]
type = "git"
url = "https://code.test/cloned"
[[package]]
name = "mirrored"
version = "3.0"
[package.source]
type = "legacy"
url = "https://index.test/simple"
"""
PDM = """
[[package]]
name = "alpha"
version = "1.0"
[[package]]
name = "lib"
version = "0.1"
path = "./lib"
"""
PIPENV = '{"default": {"alpha": {"version": "==1.0"}, "lib": {"path": "."}}, "develop": {}}'


@pytest.mark.parametrize(
    ("name", "text", "versions", "export"),
    [
        ("poetry.lock", POETRY, {"alpha-one": "1.0", "mirrored": "3.0"}, "poetry export "),
        ("pdm.lock", PDM, {"alpha": "1.0"}, "pdm export "),
        ("Pipfile.lock", PIPENV, {"alpha": "1.0"}, "pipenv requirements "),
    ],
)
def test_versions_are_known_and_the_way_out_is_named(
    tmp_path: Path, name: str, text: str, versions: dict[str, str], export: str
) -> None:
    (tmp_path / name).write_text(text)
    lock = find_foreign(tmp_path)
    assert lock is not None
    assert read_versions(lock) == versions
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)
    assert caught.value.context == (f"{name}: the format of {lock.tool} is not read",)
    assert caught.value.hint == (
        f"run `longshore lock`, which keeps its versions, or `{lock.export}`"
    )
    assert lock.export.startswith(export)


@pytest.mark.parametrize("name", ["poetry.lock", "pdm.lock", "Pipfile.lock"])
@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "[]", '{"default": 1}', "package = 1", "\0"])
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    lock = find_foreign(tmp_path)
    assert lock is not None
    if name != "Pipfile.lock" and text == "[]":
        return  # an empty table of TOML's is no error of ours to find
    with pytest.raises(LockError) as caught:
        read_versions(lock)
    assert str(caught.value) == f"{tmp_path / name}: not a lock of {lock.tool}"


def test_requirements_without_hashes_are_no_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("alpha==1.0\nbeta>=2\n")
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: no lock: expected uv.lock, pylock.toml, or requirements.txt with hashes"
    )
    assert caught.value.context == ("requirements.txt: has no hashes, so it is no lock",)
    assert caught.value.hint == "run `longshore lock` and commit the file that it writes"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", ".\n", "-e .\n", "-i https://index.test/simple\n"]
)
def test_a_file_without_a_package_is_no_lock_of_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    assert find_lock(tmp_path) is None
