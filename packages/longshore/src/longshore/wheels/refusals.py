"""What to write where a build backend refuses a project, from what it said."""

import re
from pathlib import PurePosixPath
from typing import Final

from packaging.requirements import Requirement

from longshore.types import Member, SourceTree, parse_name
from longshore.wheels.headers import compiler_hint
from longshore.wheels.told import NO_VERSION, asks_git

OFFLINE = "it runs without network, on the tracked files only: is a file it reads not in git?"

BACKENDS: Final = {
    "flit-core": "flit_core.buildapi",
    "hatchling": "hatchling.build",
    "maturin": "maturin",
    "pdm-backend": "pdm.backend",
    "poetry-core": "poetry.core.masonry.api",
    "scikit-build-core": "scikit_build_core.build",
    "setuptools": "setuptools.build_meta",
    "uv-build": "uv_build",
}
"""The ``build-backend`` of each build requirement, by its normalised name."""

_NO_README = re.compile(
    r"readme file does not exist: (\S+)|(?:readme|description) file '?([^\s']+)'? does not exist",
    re.IGNORECASE,
)
_NO_PACKAGE = re.compile(
    r"Unable to determine which files to ship inside the wheel"  # hatchling
    r"|No file/folder found for module"  # flit
    r"|Expected a Python module at"  # uv
    r"|No file/folder found for package"  # Poetry
)
_TABLES: Final = {
    "flit_core": 'name = "{name}" below [tool.flit.module]',
    "hatchling": 'packages = ["{path}"] below [tool.hatch.build.targets.wheel]',
    "poetry": 'packages = [{{ include = "{name}"{where} }}] below [tool.poetry]',
    "uv_build": 'module-name = "{name}" below [tool.uv.build-backend]',
}


def failure_hint(
    member: Member, tree: SourceTree, output: str, *, table: str = "[tool.longshore]"
) -> str:
    """Return what to do about a backend that failed.

    Args:
        member: what it was to build.
        tree: the files that it saw.
        output: all that it wrote.
        table: what to call the project's configuration.
    """
    readme = _NO_README.search(output)
    if readme is not None:
        name = readme[1] or readme[2]
        return f"write {name} and `git add` it, or take readme out of [project]"
    if _NO_PACKAGE.search(output):
        return _package_hint(member, tree)
    compiler = compiler_hint(output, table)
    if compiler is not None:
        return compiler
    if asks_git(member) and member.told_version is None:
        return NO_VERSION
    return OFFLINE


def missing_hint(member: Member) -> str:
    """Return what to do about a backend that can't be imported."""
    known = (BACKENDS.get(parse_name(Requirement(text).name)) for text in member.requires)
    right = [name for name in known if name is not None]
    if len(right) == 1 and right[0] != member.backend:
        return f'write build-backend = "{right[0]}" in [build-system]'
    return "name it in [build-system] requires, then run `longshore lock`"


def _package_hint(member: Member, tree: SourceTree) -> str:
    """Name the table that tells a backend where the package is, filled in where that is clear."""
    expected = member.name.replace("-", "_")
    table = _TABLES.get((member.backend or "").partition(".")[0])
    found = _packages(tree)
    if table is None or len(found) != 1:
        return f"no package is called {expected!r}: rename it, or name it in the backend's table"
    path = found[0]
    where = "" if path.parent == PurePosixPath() else f', from = "{path.parent}"'
    text = table.format(name=path.name, path=path, where=where)
    return f"no package is called {expected!r}: rename {path}, or write {text}"


def _packages(tree: SourceTree) -> list[PurePosixPath]:
    """Return the packages at the top and in ``src``, those of tests aside."""
    found = {file.path.parent for file in tree.files if file.path.name == "__init__.py"}
    return sorted(
        path
        for path in found
        if str(path.parent) in {".", "src"} and path.name not in {"test", "tests", "src", ""}
    )
