"""Workspaces of uv and Hatch, found by reading."""

from pathlib import Path

import pytest

from longshore.config import load_config
from longshore.errors import ProjectError, UsageError
from longshore.project import read_project
from longshore.project.workspace import choose_member, find_workspace

UV = '[tool.uv.workspace]\nmembers = ["packages/*", "apps/api"]\nexclude = ["packages/old"]\n'
HATCH = """
[tool.hatch.envs.default]
workspace.members = ["packages/*", { path = "apps/api", features = ["dev"] }]
workspace.exclude = ["packages/old"]
"""


def member(root: Path, folder: str, name: str, more: str = "") -> Path:
    place = root / folder
    place.mkdir(parents=True, exist_ok=True)
    text = f'[project]\nname = "{name}"\nversion = "1"\n{more}'
    (place / "pyproject.toml").write_text(text)
    return place


@pytest.fixture(params=[UV, HATCH])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A workspace without a project at its root."""
    (tmp_path / "pyproject.toml").write_text(request.param)
    member(tmp_path, "packages/lib", "My.Lib")
    member(tmp_path, "packages/old", "old")
    member(tmp_path, "apps/api", "api", '[tool.longshore]\nbase = "debian:trixie"\n')
    (tmp_path / "packages/notes").mkdir()
    return tmp_path


def test_members_are_found_from_the_root_and_from_each_of_them(root: Path) -> None:
    for start in (root, root / "apps/api", root / "packages/lib"):
        workspace = find_workspace(start)
        assert workspace is not None
        assert workspace.root == root
        assert workspace.members == {"my-lib": root / "packages/lib", "api": root / "apps/api"}
        assert workspace.applications() == ("api",)
        assert workspace.nested(root) == (root / "apps/api", root / "packages/lib")
        assert workspace.nested(root / "apps/api") == ()


def test_a_folder_that_is_no_member_is_in_no_workspace(root: Path) -> None:
    assert find_workspace(root / "packages/old") is None
    assert find_workspace(root / "packages/notes") is None


def test_the_repository_is_the_limit(root: Path) -> None:
    (root / "apps/api/.git").mkdir()
    assert find_workspace(root / "apps/api") is None


def test_the_project_at_the_root_is_a_member(tmp_path: Path) -> None:
    member(tmp_path, ".", "app", UV)
    member(tmp_path, "packages/lib", "lib")
    workspace = find_workspace(tmp_path / "packages/lib")
    assert workspace is not None
    assert workspace.members == {"app": tmp_path, "lib": tmp_path / "packages/lib"}


def test_two_members_of_one_name_are_refused(root: Path) -> None:
    member(root, "packages/twin", "my_lib")
    with pytest.raises(ProjectError, match="two members are named 'my-lib'"):
        find_workspace(root)


def test_a_member_is_chosen_by_its_name(root: Path) -> None:
    workspace = find_workspace(root)
    assert choose_member(workspace, "MY_lib", root) == root / "packages/lib"
    with pytest.raises(UsageError) as caught:
        choose_member(workspace, "web", root)
    assert str(caught.value) == f"--package web: {root} has no such member"
    assert caught.value.hint == "its members: api, my-lib"
    with pytest.raises(UsageError, match="is in no workspace"):
        choose_member(None, "web", root)
    with pytest.raises(UsageError, match="expected a distribution name"):
        choose_member(workspace, "a b", root)


def test_the_root_alone_is_no_project_and_says_which_are(root: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_project(root, load_config(root, environment={}))
    assert caught.value.hint == "choose a member with --package: api, my-lib"


def test_the_roots_table_gives_defaults(root: Path) -> None:
    with (root / "pyproject.toml").open("a") as file:
        file.write(
            '[tool.longshore]\nbase = "debian:bookworm"\npackages = ["libpq5"]\nbytecode = false\n'
            'include = ["data/"]\n[tool.longshore.mirrors]\ndebian = "http://mirror.test/debian"\n'
            '[tool.longshore.processes.web]\nasgi = "root:app"\n'
        )
    config = load_config(root / "apps/api", environment={}, workspace=root)
    assert (config.base, config.packages, config.bytecode) == ("debian:trixie", ("libpq5",), False)
    assert config.mirrors == {"debian": "http://mirror.test/debian"}
    assert (config.include, config.processes) == ((), ())
    assert str(config.source("base")) == "pyproject.toml"
    assert str(config.source("packages")) == "../../pyproject.toml"
    assert str(config.source("mirrors.debian")) == "../../pyproject.toml"
    assert load_config(root, environment={}, workspace=root).base == "debian:bookworm"
