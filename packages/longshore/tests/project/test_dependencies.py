"""Where a distribution says what it needs."""

from pathlib import Path

import pytest

from longshore.errors import ProjectError
from longshore.project.dependencies import Dependencies, read_dependencies

EXAMPLE = "'hatchling>=1.27'"
HEAD = '[project]\nname = "app"\nversion = "1"\n'


def read(root: Path, text: str) -> Dependencies | None:
    (root / "pyproject.toml").write_text(text)
    return read_dependencies(root)


def test_a_list_of_the_standard(tmp_path: Path) -> None:
    text = 'dependencies = ["alpha>=1"]\noptional-dependencies = { Post_Gres = ["pg"] }\n'
    found = read(tmp_path, HEAD + text)
    assert found is not None
    assert found.requirements == ("alpha>=1",)
    assert found.extras == {"post-gres": ("pg",)}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.ruff]\n",
        HEAD + 'dynamic = ["dependencies"]\n',
    ],
)
def test_what_nobody_can_tell(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) is None


@pytest.mark.parametrize("text", [HEAD, '[tool.poetry]\nname = "app"\n'])
def test_no_list_is_no_need(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Dependencies(is_listed=False)


SETUP = "from setuptools import setup\nsetup(name='app', {})\n"


@pytest.mark.parametrize(
    ("files", "origin", "needed"),
    [
        (
            {"setup.cfg": "[options]\ninstall_requires =\n  alpha>=1\n  beta ; os_name=='x'\n"},
            "setup.cfg",
            ("alpha>=1", "beta ; os_name=='x'"),
        ),
        (
            {"setup.cfg": "[options]\ninstall_requires = alpha; beta\n"},
            "setup.cfg",
            ("alpha", "beta"),
        ),
        ({"setup.py": SETUP.format("install_requires=['alpha']")}, "setup.py", ("alpha",)),
        ({"setup.py": SETUP.format("version='1'")}, "setup.py", ()),
        (
            {
                "PKG-INFO": "Metadata-Version: 2.1\nName: app\nRequires-Dist: alpha>=1\n"
                'Requires-Dist: pg; extra == "db"\n',
                "setup.py": "import x\n",
            },
            "PKG-INFO",
            ("alpha>=1",),
        ),
        ({"PKG-INFO": "Metadata-Version: 2.4\nName: app\n"}, "PKG-INFO", ()),
    ],
)
def test_what_only_setuptools_knows(
    tmp_path: Path, files: dict[str, str], origin: str, needed: tuple[str, ...]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = read_dependencies(tmp_path)
    assert found is not None
    assert (found.origin, found.requirements) == (origin, needed)
    assert found.extras == ({"db": ("pg",)} if "extra" in str(files) else {})


def test_a_file_that_setup_cfg_names(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[options]\ninstall_requires = file: needs.txt\n")
    found = read_dependencies(tmp_path)
    assert found is not None
    assert found.files == ("needs.txt",)


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": SETUP.format("install_requires=read('x')")},
        {"setup.py": SETUP.format("install_requires=['alpha', other]")},
        {"setup.py": SETUP.format("**computed")},
        {"setup.py": SETUP.format("install_requires=['a b']")},
        {"PKG-INFO": "Metadata-Version: 2.1\nName: app\n"},
        {"PKG-INFO": "Metadata-Version: 2.2\nName: app\nDynamic: Requires-Dist\n"},
        {},
    ],
)
def test_what_is_computed_is_left_open(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert read_dependencies(tmp_path) is None


@pytest.mark.parametrize(
    "table",
    [
        '[tool.setuptools.dynamic]\ndependencies = { file = ["base.txt", "web.txt"] }\n',
        '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["base.txt", "web.txt"]\n',
    ],
)
def test_files_that_the_backend_reads(tmp_path: Path, table: str) -> None:
    found = read(tmp_path, HEAD + 'dynamic = ["dependencies"]\n' + table)
    assert found == Dependencies(files=("base.txt", "web.txt"))


@pytest.mark.parametrize("head", ["", HEAD + 'dynamic = ["dependencies"]\n'])
def test_poetrys_own_list(tmp_path: Path, head: str) -> None:
    found = read(tmp_path, head + '[tool.poetry.dependencies]\npython = "^3.11"\nalpha = "^1"\n')
    assert found == Dependencies(requirements=("alpha<2,>=1",))


def test_folders_take_the_place_of_releases(tmp_path: Path) -> None:
    uv = '[tool.uv.sources]\nlib = { path = "../lib" }\nother = { workspace = true }\n'
    poetry = '[tool.poetry.dependencies]\ncore = { path = "core" }\nalpha = "^1"\n'
    found = read(tmp_path, HEAD + 'dependencies = ["lib", "core"]\n' + uv + poetry)
    assert found is not None
    assert found.folders == {"lib": "../lib", "core": "core"}


@pytest.mark.parametrize(
    ("text", "messages", "hint"),
    [
        (
            HEAD + 'dependencies = ["a b", 1]\n',
            [
                f"project.dependencies[0]: expected a requirement such as {EXAMPLE}, got 'a b'",
                "project.dependencies[1]: expected a string, got 1",
            ],
            None,
        ),
        (
            '[tool.poetry.dependencies]\na = { git = "https://code.test/a" }\n',
            ["tool.poetry.dependencies.a: dependencies from git can't be shipped"],
            "publish a wheel of it, and depend on the release",
        ),
    ],
)
def test_what_is_wrong_says_where(
    tmp_path: Path, text: str, messages: list[str], hint: str | None
) -> None:
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, text)
    found = list(caught.value.context) or [str(caught.value)]
    assert found == [f"pyproject.toml: {message}" for message in messages]
    assert caught.value.hint == hint
