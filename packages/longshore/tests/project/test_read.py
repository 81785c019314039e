"""Projects as their files say, and what is wrong with them."""

import re
from pathlib import Path, PurePosixPath

import pytest

from longshore.config import load_config
from longshore.errors import ConfigError, ProjectError
from longshore.project import find_root, read_project
from longshore.project.detect import Detection, detect_project
from longshore.types import Asgi, BuildMode, EntryPoint, Member, ProcessKind, Project, ProjectKind

HEAD = '[project]\nname = "Task_API"\nversion = "1.2.0"\n'
EXAMPLE = "hatchling>=1.27"
WEB = '[tool.longshore.processes.web]\nasgi = "taskapi.main:app"\n'


def read(root: Path, text: str | None, own: str | None = None) -> Project:
    if text is not None:
        (root / "pyproject.toml").write_text(text, encoding="utf-8")
    if own is not None:
        (root / "longshore.toml").write_text(own, encoding="utf-8")
    return read_project(root, load_config(root, environment={}))


def test_metadata_is_read_and_the_name_normalised(tmp_path: Path) -> None:
    project = read(
        tmp_path,
        HEAD + 'requires-python = ">=3.11"\ndescription = "A service:\\n  small"\n' + WEB,
    )
    assert (project.name, project.version, project.python) == ("task-api", "1.2.0", ">=3.11")
    assert project.description == "A service: small"
    assert project.root == tmp_path
    assert project.kind is ProjectKind.APPLICATION
    [web] = project.processes
    assert (web.name, web.kind, web.port) == ("web", ProcessKind.WEB, 8000)
    assert web.serve == Asgi(EntryPoint("taskapi.main", "app"))


def test_a_project_without_a_process_is_a_library(tmp_path: Path) -> None:
    project = read(tmp_path, HEAD)
    assert (project.kind, project.processes) == (ProjectKind.LIBRARY, ())


def test_a_dynamic_version_is_left_to_the_backend(tmp_path: Path) -> None:
    assert read(tmp_path, '[project]\nname = "a"\ndynamic = ["version"]\n').version is None


@pytest.mark.parametrize(
    ("table", "member"),
    [
        ("", {"build": BuildMode.SOURCE}),
        (
            '[build-system]\nrequires = ["hatchling>=1.27"]\nbuild-backend = "hatchling.build"\n',
            {
                "build": BuildMode.WHEEL,
                "backend": "hatchling.build",
                "requires": ("hatchling>=1.27",),
            },
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["tools"]\n',
            {"build": BuildMode.WHEEL, "backend": "own", "backend_path": ("tools",)},
        ),
        (
            '[build-system]\nrequires = ["setuptools"]\n',
            {
                "build": BuildMode.WHEEL,
                "backend": "setuptools.build_meta:__legacy__",
                "requires": ("setuptools",),
            },
        ),
    ],
)
def test_the_build_system_decides_how_code_gets_into_the_image(
    tmp_path: Path, table: str, member: dict[str, object]
) -> None:
    [found] = read(tmp_path, HEAD + table).members
    assert {name: getattr(found, name) for name in member} == member
    assert isinstance(found, Member)
    assert (found.name, found.root) == ("task-api", tmp_path)


def test_a_folder_without_metadata_is_named_after_itself(tmp_path: Path) -> None:
    folder = tmp_path / "My.Shop"
    folder.mkdir()
    project = read(folder, None, '[processes.web]\nwsgi = "shop.wsgi:application"\n')
    assert (project.name, project.version, project.python) == ("my-shop", None, "")
    assert project.members[0].build is BuildMode.SOURCE


def test_a_folder_whose_name_is_no_name_needs_metadata(tmp_path: Path) -> None:
    folder = tmp_path / "my shop"
    folder.mkdir()
    with pytest.raises(ProjectError) as raised:
        read(folder, None, '[processes.web]\nwsgi = "shop.wsgi:application"\n')
    assert str(raised.value) == (
        f"{folder}: the folder's name can't be the project's name: "
        "expected a distribution name, got 'my shop'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not a project: no pyproject.toml or longshore.toml"),
        ("[tool.ruff]\n", "not a project: pyproject.toml has no [project] table"),
    ],
)
def test_not_a_project(tmp_path: Path, text: str | None, message: str) -> None:
    with pytest.raises(ProjectError) as raised:
        read(tmp_path, text)
    assert str(raised.value) == f"{tmp_path}: {message}"
    assert raised.value.hint == "add a [project] table with a name and a version"
    assert raised.value.exit_code == 3


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape("pyproject.toml:2:8: invalid TOML: ")):
        read(tmp_path, "[project]\nname = task-api\n")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            '[project]\nversion = "1"\n',
            "project.name: missing",
            'add name = "…": the specification requires it',
        ),
        ('[project]\nname = "a"\n', "project.version: missing", 'add it, or dynamic = ["version"]'),
        (
            '[project]\nname = "a"\nversion = "1"\ndynamic = ["version"]\n',
            "project.version: is also in dynamic",
            "keep one of them",
        ),
        (
            '[project]\nname = "a"\nversion = "one"\n',
            "project.version: expected a version such as '1.2.0', got 'one'",
            None,
        ),
        (
            HEAD + 'requires-python = "3.11"\n',
            "project.requires-python: expected a version range such as '>=3.11', got '3.11'",
            None,
        ),
        (HEAD + "[build-system]\n", "build-system.requires: missing", None),
        (
            HEAD + '[build-system]\nrequires = ["hatchling", "a b"]\n',
            f"build-system.requires[1]: expected a requirement such as {EXAMPLE!r}, got 'a b'",
            None,
        ),
        ("project = 1\n", "project: expected a table, got 1", None),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_was_expected(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ProjectError) as raised:
        read(tmp_path, text)
    assert str(raised.value) == f"pyproject.toml: {message}"
    if hint is not None:
        assert raised.value.hint == hint


def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        read(tmp_path, "[project]\nname = 1\nversion = 2\n[build-system]\nrequires = 3\n")
    assert str(raised.value) == "pyproject.toml: 3 problems"
    assert raised.value.context == (
        "pyproject.toml: project.name: expected a string, got 1",
        "pyproject.toml: project.version: expected a string, got 2",
        "pyproject.toml: build-system.requires: expected an array, got 3",
    )


def test_a_process_with_nothing_to_run_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        read(tmp_path, HEAD + "[tool.longshore.processes.web]\nport = 8000\n")
    assert str(raised.value) == "pyproject.toml: tool.longshore.processes.web: nothing to run"


def test_the_root_is_the_nearest_folder_with_a_project_file(tmp_path: Path) -> None:
    inner = tmp_path / "app" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    assert find_root(inner) == tmp_path
    (tmp_path / "app" / "longshore.toml").touch()
    assert find_root(inner) == tmp_path / "app"
    (inner / "pyproject.toml").mkdir()
    assert find_root(inner) == tmp_path / "app"


def test_no_project_here_or_above(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        find_root(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: not a project: no pyproject.toml or longshore.toml here or above"
    )
    assert raised.value.hint == "go to the project's folder, or name it with --project"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such folder"):
        find_root(tmp_path / "gone")


def test_the_working_directory_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ProjectError, match="the working directory no longer exists"):
        find_root(Path())


def test_a_folder_without_any_project_file_is_one_if_something_runs(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask('a')\n")
    detection = detect_project(tmp_path, paths=[PurePosixPath("app.py")])

    project = read_project(tmp_path, load_config(tmp_path, environment={}), detection=detection)

    assert project.kind is ProjectKind.APPLICATION
    assert [process.name for process in project.processes] == ["web"]
    assert project.members[0].build is BuildMode.SOURCE


def test_the_files_of_a_detected_process_are_included(tmp_path: Path) -> None:
    detection = Detection(processes=(), include=("alembic.ini",))
    (tmp_path / "pyproject.toml").write_text(HEAD)

    project = read_project(tmp_path, load_config(tmp_path, environment={}), detection=detection)

    assert project.include == ("alembic.ini",)


def test_a_repository_without_a_project_file_is_a_project_where_one_stands(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text("")
    below = tmp_path / "site"
    below.mkdir()
    assert find_root(tmp_path) == tmp_path
    with pytest.raises(ProjectError, match="not a project"):
        find_root(below)


def test_processes_of_the_table_find_sources_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(HEAD + WEB + 'env = { A = "b" }\n')
    config = load_config(tmp_path, environment={})
    paths = [PurePosixPath("src/taskapi/main.py"), PurePosixPath("src/taskapi/__init__.py")]
    (tmp_path / "src").mkdir()

    [web] = read_project(tmp_path, config, files=lambda: paths).processes
    assert web.env == {"PYTHONPATH": "/app/src", "A": "b"}

    [web] = read_project(tmp_path, config, files=lambda: [PurePosixPath("main.py")]).processes
    assert web.env == {"A": "b"}


def test_a_path_that_the_table_has_itself_stays(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(HEAD + WEB + 'env = { PYTHONPATH = "/app/lib" }\n')
    config = load_config(tmp_path, environment={})
    paths = [PurePosixPath("src/taskapi/main.py")]
    (tmp_path / "src").mkdir()

    [web] = read_project(tmp_path, config, files=lambda: paths).processes
    assert web.env == {"PYTHONPATH": "/app/lib"}
