"""Versions that build backends take from git: told to them, because the sandbox has no git."""

import re
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from longshore.config.toml import read_toml
from longshore.project.metadata import FILE, read_metadata
from longshore.source.git import describe
from longshore.types import BuildMode, Member, SourceTree, parse_name
from longshore.wheels.told import TOOLS

_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>[0-9]+)-g(?P<commit>[0-9a-f]{40,64})")
# As setuptools-scm finds it: a name may stand before the version, and a "v".
_TAG = re.compile(r"(?:[\w-]+-)?[vV]?(?P<version>[0-9]+(?:\.[0-9]+)*[^+]*)(?:\+.*)?")
_SHORT = 7


def tell_version(member: Member, tree: SourceTree) -> Member:
    """Return a member with the version that its backend would ask git for.

    A member whose version is written down, or of a tree without a commit, stays as it is.
    """
    if tree.revision is None or not _asks(member):
        return member
    described = describe(tree.root)
    if described is None:
        return member
    return replace(member, told_version=version_of(described, dirty=tree.dirty))


def _asks(member: Member) -> bool:
    if member.build is not BuildMode.WHEEL:
        return False
    metadata = read_metadata(member.root)
    if metadata is None or metadata.version is not None:
        return False
    names = {parse_name(Requirement(text).name) for text in member.requires}
    if names & TOOLS.keys():
        return True
    document = read_toml(member.root / FILE) or {}
    pdm = document.get("tool", {}).get("pdm", {}).get("version", {})
    return "pdm-backend" in names and isinstance(pdm, dict) and pdm.get("source") == "scm"


def version_of(described: str, *, dirty: bool) -> str:
    """Return the version of what ``git describe --long`` says, as setuptools-scm counts by default.

    The tag's version where the commit has the tag and nothing was changed since; else the next
    version's ``.devN``, with the commit. No date: the same state always has the same version.
    """
    match = _DESCRIBED.fullmatch(described)
    if match is None:  # a commit's name of another length: no git that we know
        return "0.dev0"
    distance, commit = int(match["distance"]), match["commit"][:_SHORT]
    tagged = _tagged(match["tag"])
    if distance == 0 and not dirty:
        return str(tagged)
    local = f"g{commit}.dirty" if dirty else f"g{commit}"
    return f"{_next(tagged)}.dev{distance}+{local}"


def _tagged(tag: str) -> Version:
    match = _TAG.fullmatch(tag)
    try:
        return Version(match["version"] if match else "0")
    except InvalidVersion:
        return Version("0")


def _next(version: Version) -> str:
    """Return the version that a development version comes before."""
    if version.is_devrelease or version.is_prerelease:
        return version.base_version + _pre(version)
    *head, last = version.release
    if len(head) == 0 and last == 0:
        return "0.1"
    return ".".join(map(str, [*head, last + 1]))


def _pre(version: Version) -> str:
    if version.pre is None:
        return ""
    kind, number = version.pre
    return f"{kind}{number + 1}"
