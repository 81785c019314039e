"""What backends say when they refuse a project, as they say it, and what to write then."""

from pathlib import Path, PurePosixPath

import pytest

from longshore.types import BuildMode, Digest, Member, SourceFile, SourceTree, parse_name
from longshore.wheels.refusals import OFFLINE, failure_hint, missing_hint

HATCH = (
    "ValueError: Unable to determine which files to ship inside the wheel using the following "
    "heuristics: https://hatch.test/"
)


def member(backend: str, *requires: str) -> Member:
    return Member(
        name=parse_name("web-shop"),
        root=Path("/shop"),
        build=BuildMode.WHEEL,
        backend=backend,
        requires=requires,
    )


def tree(*paths: str) -> SourceTree:
    digest = Digest.of(b"")
    files = (SourceFile(path=PurePosixPath(each), mode=0o644, sha256=digest) for each in paths)
    return SourceTree(root=Path("/shop"), files=tuple(sorted(files)), revision=None, dirty=False)


@pytest.mark.parametrize(
    ("backend", "path", "said", "table"),
    [
        (
            "hatchling.build",
            "src/store",
            HATCH,
            'packages = ["src/store"] below [tool.hatch.build.targets.wheel]',
        ),
        (
            "flit_core.buildapi",
            "store",
            "ValueError: No file/folder found for module web_shop",
            'name = "store" below [tool.flit.module]',
        ),
        (
            "uv_build",
            "src/store",
            "Error: Expected a Python module at: src/web_shop/__init__.py",
            'module-name = "store" below [tool.uv.build-backend]',
        ),
        (
            "poetry.core.masonry.api",
            "src/store",
            "ValueError: No file/folder found for package web-shop",
            'packages = [{ include = "store", from = "src" }] below [tool.poetry]',
        ),
    ],
)
def test_a_package_of_another_name(backend: str, path: str, said: str, table: str) -> None:
    files = tree(f"{path}/__init__.py", f"{path}/api/__init__.py", "tests/__init__.py")
    assert failure_hint(member(backend), files, said) == (
        f"no package is called 'web_shop': rename {path}, or write {table}"
    )


def test_several_packages_are_a_question() -> None:
    files = tree("one/__init__.py", "two/__init__.py")
    assert failure_hint(member("hatchling.build"), files, HATCH) == (
        "no package is called 'web_shop': rename it, or name it in the backend's table"
    )


@pytest.mark.parametrize(
    "said",
    [
        "OSError: Readme file does not exist: README.md",
        "flit_core.config.ConfigError: Description file README.md does not exist",
    ],
)
def test_a_readme_that_is_not_there(said: str) -> None:
    assert failure_hint(member("hatchling.build"), tree(), said) == (
        "write README.md and `git add` it, or take readme out of [project]"
    )


def test_anything_else_is_likely_a_file_or_the_network() -> None:
    assert failure_hint(member("hatchling.build", "hatchling"), tree(), "KeyError: 1") == OFFLINE


@pytest.mark.parametrize(
    ("requires", "hint"),
    [
        ("hatchling>=1.27", 'write build-backend = "hatchling.build" in [build-system]'),
        ("flit-core", 'write build-backend = "flit_core.buildapi" in [build-system]'),
        ("own-backend", "name it in [build-system] requires, then run `longshore lock`"),
    ],
)
def test_a_backend_that_can_not_be_imported(requires: str, hint: str) -> None:
    assert missing_hint(member("hatchling.buildapi", requires)) == hint


def test_own_code_that_needs_a_compiler_is_told_how_to_get_one() -> None:
    said = "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory"
    assert failure_hint(member("setuptools.build_meta"), tree(), said) == (
        "give it a compiler: add to [tool.longshore]: build-packages = []"
    )
