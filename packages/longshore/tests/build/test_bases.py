"""Which base an image stands on."""

from pathlib import Path

import pytest

from longshore.build.bases import choose_base
from longshore.config import Config
from longshore.errors import ProjectError
from longshore.types import Project, ProjectKind, parse_name


def _project(root: Path, python: str = "") -> Project:
    return Project(
        name=parse_name("demo"),
        version="1",
        kind=ProjectKind.LIBRARY,
        root=root,
        members=(),
        processes=(),
        python=python,
    )


@pytest.mark.parametrize(
    ("file", "python", "expected"),
    [
        (None, "", "debian:trixie"),
        (None, ">=3.11", "debian:trixie"),
        (None, ">=3.9,<3.13", "debian:bookworm"),
        ("3.11\n", ">=3.9", "debian:bookworm"),
        ("# pinned\n3.13.2\n", "", "debian:trixie"),
        ("cpython-3.13\n", "", "debian:trixie"),
        ("\n", "", "debian:trixie"),
    ],
)
def test_the_newest_suite_whose_python_fits(
    tmp_path: Path, file: str | None, python: str, expected: str
) -> None:
    if file is not None:
        (tmp_path / ".python-version").write_text(file)
    assert choose_base(_project(tmp_path, python), Config()) == expected


def test_the_configuration_decides(tmp_path: Path) -> None:
    config = Config(base="debian:bookworm")
    assert choose_base(_project(tmp_path, ">=3.13"), config) == "debian:bookworm"


@pytest.mark.parametrize(
    ("file", "python", "message"),
    [
        ("3.12\n", "", "demo: no base has the Python that .python-version 3.12 asks for"),
        (None, "<3.10", "demo: no base has the Python that requires-python '<3.10' asks for"),
        (None, "three", "demo: requires-python: not a version specifier: 'three'"),
    ],
)
def test_a_python_that_no_base_has(
    tmp_path: Path, file: str | None, python: str, message: str
) -> None:
    if file is not None:
        (tmp_path / ".python-version").write_text(file)
    with pytest.raises(ProjectError) as caught:
        choose_base(_project(tmp_path, python), Config())
    assert str(caught.value) == message


def test_a_version_file_that_is_no_version(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("pypy3\n")
    with pytest.raises(ProjectError, match=r"\.python-version: expected a Python version"):
        choose_base(_project(tmp_path), Config())
