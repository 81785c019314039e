"""How a build backend is told a version that it would ask git for; the sandbox has none."""

from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from longshore.types import Member, parse_name

_SETUPTOOLS_SCM: Final = "SETUPTOOLS_SCM_PRETEND_VERSION"

TOOLS: Final = {
    "hatch-vcs": _SETUPTOOLS_SCM,
    "poetry-dynamic-versioning": "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "setuptools-scm": _SETUPTOOLS_SCM,
    "uv-dynamic-versioning": "UV_DYNAMIC_VERSIONING_BYPASS",
}
"""The variable by which each tool is told, by its normalised name."""

_VARIABLES = frozenset({*TOOLS.values(), "PDM_BUILD_SCM_VERSION"})
_ARCHIVAL = ".git_archival.txt"

NO_VERSION = (
    "its version comes from git, and there is no commit here: commit first, or write a fallback "
    "into the tool's table, for example fallback_version for setuptools-scm"
)
"""What to do where such a backend fails and there was nothing to tell it."""


def version_environment(member: Member) -> dict[str, str]:
    """Return the variables that tell a backend its version; none where it does not ask."""
    version = member.told_version
    return {} if version is None else dict.fromkeys(sorted(_VARIABLES), version)


def asks_git(member: Member) -> bool:
    """Tell whether a member's build requirements have a tool that asks git."""
    return any(parse_name(Requirement(text).name) in TOOLS for text in member.requires)


def mark_archive(member: Member, source: Path) -> None:
    """Say in a copy of the sources that all of its files are tracked.

    setuptools-scm also tells setuptools which data files a package has: those that git tracks. In
    what ``git archive`` wrote, all files are; this file is how it knows one.
    """
    if asks_git(member):
        version = member.told_version or "0"
        text = f"node: {'0' * 40}\ndescribe-name: {version}\nref-names: \n"
        (source / _ARCHIVAL).write_text(text, encoding="utf-8")
