"""Metadata in Poetry's own table, and in both tables at once."""

from pathlib import Path

import pytest

from longshore.errors import ProjectError
from longshore.project.metadata import Metadata, read_metadata

TABLE = '[tool.poetry]\nname = "Task_API"\nversion = "1.2"\ndescription = "Tasks"\n'
PYTHON = '[tool.poetry.dependencies]\npython = "^3.11"\n'
BUILD = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'


def read(root: Path, text: str) -> Metadata | None:
    (root / "pyproject.toml").write_text(text)
    return read_metadata(root)


def test_poetrys_own_table(tmp_path: Path) -> None:
    found = read(tmp_path, TABLE + PYTHON + BUILD)
    assert found is not None
    assert (found.name, found.version, found.python) == ("task-api", "1.2", ">=3.11,<4")
    assert found.description == "Tasks"
    assert found.build is not None
    assert found.build.backend == "poetry.core.masonry.api"


def test_a_project_that_is_never_packaged_is_shipped_as_source(tmp_path: Path) -> None:
    found = read(tmp_path, TABLE + "package-mode = false\n" + BUILD)
    assert found is not None
    assert found.build is None


@pytest.mark.parametrize(
    "text", ["[tool.pdm]\ndistribution = false\n", "[tool.uv]\npackage = false\n"]
)
def test_each_tool_has_its_word_for_that(tmp_path: Path, text: str) -> None:
    head = '[project]\nname = "a"\nversion = "1"\n'
    found = read(tmp_path, head + text + BUILD)
    assert found is not None
    assert found.build is None
    found = read(tmp_path, head + text.replace("false", "true") + BUILD)
    assert found is not None
    assert found.build is not None


def test_a_table_without_a_name_is_no_project(tmp_path: Path) -> None:
    assert read(tmp_path, '[tool.poetry]\nrequires-poetry = ">=2"\n') is None


def test_what_is_never_packaged_is_called_like_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "My_Shop"
    folder.mkdir()
    text = "[tool.poetry]\npackage-mode = false\n" + PYTHON.replace("^3.11", "~3.11")
    found = read(folder, text)
    assert found is not None
    assert (found.name, found.python, found.build) == ("my-shop", ">=3.11,<3.12", None)


def test_what_the_standards_table_leaves_to_poetry(tmp_path: Path) -> None:
    head = '[project]\nname = "a"\nversion = "1"\ndynamic = ["requires-python"]\n'
    found = read(tmp_path, head + PYTHON)
    assert found is not None
    assert found.python == ">=3.11,<4"
    found = read(tmp_path, head.replace("dynamic = ", "other = ") + PYTHON)
    assert found is not None
    assert found.python == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.poetry]\nname = "a b"\n', "name: expected a distribution name, got 'a b'"),
        (
            TABLE + '[tool.poetry.dependencies]\npython = "^3.9 || ^3.11"\n',
            "dependencies.python: expected one range, got the alternatives '^3.9 || ^3.11'",
        ),
    ],
)
def test_what_is_wrong_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"pyproject.toml: tool.poetry.{message}"
