"""What is to be resolved, first-party code followed."""

from dataclasses import replace
from pathlib import Path

import pytest

from longshore.build.declared import Declared, read_declared
from longshore.errors import LockError
from longshore.project.workspace import find_workspace

HEAD = '[project]\nname = "app"\nversion = "1"\n'


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(root: Path, files: dict[str, str], *, folder: str = ".") -> Declared:
    write(root, files)
    place = root / folder
    return read_declared(place, find_workspace(place), {"TOKEN": "x"})


def member(name: str, needs: str = "", more: str = "") -> str:
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = [{needs}]\n{more}'


def test_the_table_goes_before_the_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "pyproject.toml": HEAD + 'dependencies = ["beta", "alpha>=1"]\n',
            "requirements.txt": "gamma\n",
        },
    )
    assert (found.origin, found.requirements) == ("pyproject.toml", ("alpha>=1", "beta"))


def test_requirements_with_all_that_pip_knows(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "requirements.txt": """\
-i https://index.test/simple
--extra-index-url=https://${TOKEN}.test/simple
-r more/base.txt
-c limits.txt
alpha[fast] >= 1 ; python_version > '3'  # a comment
-e .
""",
            "more/base.txt": "-r ../requirements.txt\nbeta==1.0 \\\n  --no-binary :none:\n",
            "limits.txt": "gamma<3\n",
            "pyproject.toml": "[project]\nname = 'app'\nversion = '1'\n",
        },
    )
    assert found.origin == "requirements.txt"
    assert found.requirements == ('alpha[fast]>=1; python_version > "3"', "beta==1.0")
    assert found.constraints == ("gamma<3",)
    assert found.index_url == "https://index.test/simple"
    assert found.extra_index_urls == ("https://x.test/simple",)
    assert found.members == {}


def test_a_project_without_dependencies_needs_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, {"pyproject.toml": HEAD}).requirements == ()


def test_files_of_the_backend_are_read(tmp_path: Path) -> None:
    dynamic = 'dynamic = ["dependencies"]\n[tool.setuptools.dynamic.dependencies]\n'
    files = {"pyproject.toml": HEAD + dynamic + 'file = "needs.txt"\n', "needs.txt": "alpha\n"}
    assert read(tmp_path, files).requirements == ("alpha",)


@pytest.mark.parametrize(
    "table",
    [
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        '[tool.hatch.envs.default]\nworkspace.members = ["packages/*"]\n',
    ],
)
def test_members_are_replaced_by_what_they_need(tmp_path: Path, table: str) -> None:
    found = read(
        tmp_path,
        {
            "pyproject.toml": table,
            "packages/app/pyproject.toml": member(
                "app", "\"lib[deep]\", \"win; sys_platform == 'win32'\", 'alpha'"
            ),
            "packages/lib/pyproject.toml": member(
                "lib", '"beta"', '[project.optional-dependencies]\ndeep = ["core", "delta"]\n'
            ),
            "packages/core/pyproject.toml": member("core", '"lib", "gamma"'),
            "packages/win/pyproject.toml": member("win", '"epsilon"'),
            "packages/other/pyproject.toml": member("other", '"zeta"'),
        },
        folder="packages/app",
    )
    assert found.requirements == (
        "alpha", "beta", "delta", 'epsilon; sys_platform == "win32"', "gamma",
    )  # fmt: skip
    places = {
        name: (folder.relative_to(tmp_path).as_posix(), str(marker or ""))
        for name, (folder, marker) in found.members.items()
    }
    assert places == {
        "core": ("packages/core", ""),
        "lib": ("packages/lib", ""),
        "win": ("packages/win", 'sys_platform == "win32"'),
    }


@pytest.mark.parametrize(
    "needs",
    ['"lib @ {root:parent:uri}/lib"', '"lib @ {root:uri}/../lib"', '"lib @ file:../lib"'],
)
def test_folders_in_urls_are_members(tmp_path: Path, needs: str) -> None:
    found = read(
        tmp_path,
        {
            "app/pyproject.toml": member("app", needs),
            "lib/pyproject.toml": member("lib", '"beta"'),
        },
        folder="app",
    )
    assert found.requirements == ("beta",)
    assert {name: folder for name, (folder, _) in found.members.items()} == {
        "lib": tmp_path / "lib"
    }


def test_the_markers_of_a_member_are_joined(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": member(
            "app",
            "\"lib; python_version < '3.12'\", \"lib; sys_platform == 'linux'\"",
            '[tool.uv.sources]\nlib = { path = "lib" }\n',
        ),
        "lib/pyproject.toml": member("lib"),
    }
    [(_, marker)] = read(tmp_path, files).members.values()
    assert str(marker) == 'python_version < "3.12" or sys_platform == "linux"'


def test_everything_that_can_not_be_locked_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read(
            tmp_path,
            {
                "requirements.txt": """\
alpha @ git+https://code.test/alpha
git+https://code.test/beta
--find-links wheels
-r gone.txt
./lib
a b
"""
            },
        )
    assert str(caught.value) == "requirements.txt: 6 requirements can't be locked"
    assert [line.partition(": ")[0] for line in caught.value.context] == [
        "requirements.txt:1",
        "requirements.txt:2",
        "requirements.txt:3",
        str(tmp_path / "gone.txt"),
        "requirements.txt:5",
        "requirements.txt:6",
    ]


def test_a_project_without_any_list(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read(tmp_path, {"longshore.toml": ""})
    assert str(caught.value) == (
        f"{tmp_path}: nothing to lock: expected project.dependencies or requirements.txt"
    )


def test_a_source_that_only_uv_can_lock_matters_where_it_is_needed(tmp_path: Path) -> None:
    sources = '[tool.uv.sources]\na = { git = "https://code.test/a" }\nb = { path = "gone" }\n'
    head = HEAD + 'dependencies = ["b", NEED]\n' + sources
    found = read(tmp_path, {"pyproject.toml": head.replace("NEED", '"c"')})
    assert found.requirements == ("b", "c")
    with pytest.raises(LockError) as caught:
        read(tmp_path, {"pyproject.toml": head.replace("NEED", '"a>1"')})
    assert str(caught.value) == "pyproject.toml: 'a>1': tool.uv.sources has it: run `uv lock`"


def test_what_the_tool_is_told_about_resolving_holds(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'dependencies = ["alpha"]\n[[tool.pdm.source]]\nname = "pypi"\n'
        + 'url = "https://${WHO}:${UNKNOWN}@a.test/simple"\n'
        + '[tool.pdm.resolution.overrides]\nbeta = "1"\n'
        + '[tool.uv]\nconstraint-dependencies = ["gamma<3"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    found = read_declared(tmp_path, None, {"WHO": "me"})
    assert found.index_url == "https://me:${UNKNOWN}@a.test/simple"
    assert (found.overrides, found.constraints) == (("beta==1",), ("gamma<3",))
    digest = found.digest(python="3.13", root=tmp_path)
    assert replace(found, overrides=()).digest(python="3.13", root=tmp_path) != digest


def test_a_setup_without_a_list_leaves_it_to_the_file(tmp_path: Path) -> None:
    setup = "from setuptools import setup\nsetup(name='app')\n"
    found = read(tmp_path, {"setup.py": setup, "requirements.txt": "alpha\n"})
    assert (found.origin, found.requirements) == ("requirements.txt", ("alpha",))
    (tmp_path / "requirements.txt").unlink()
    assert read(tmp_path, {}).requirements == ()


def test_a_project_whose_list_is_computed(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read(tmp_path, {"pyproject.toml": HEAD + 'dynamic = ["dependencies"]\n'})
    assert str(caught.value) == (
        f"{tmp_path}: nothing to lock: only the build backend can tell the dependencies"
    )
    found = read(tmp_path, {"requirements.txt": "alpha\n"})
    assert found.requirements == ("alpha",)


def test_the_digest_is_of_what_decides(tmp_path: Path) -> None:
    one = read(tmp_path, {"requirements.txt": "beta\nalpha\n"})
    two = read(tmp_path, {"requirements.txt": "# sorted\nalpha\nbeta\n"})
    digest = one.digest(python="3.13", root=tmp_path)
    assert two.digest(python="3.13", root=tmp_path) == digest
    assert one.digest(python="3.11", root=tmp_path) != digest
    three = read(tmp_path, {"requirements.txt": "alpha\nbeta>1\n"})
    assert three.digest(python="3.13", root=tmp_path) != digest
