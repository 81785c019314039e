"""The base with a compiler: where source distributions that need one are built.

It is a root file system of its own, pinned beside the base, and no part of any image.
"""

from collections.abc import Mapping
from types import MappingProxyType

from longshore.base.debian.index import PackageIndex
from longshore.base.debian.suite import Suite

LINKS: Mapping[str, str] = MappingProxyType(
    {
        "usr/bin/awk": "mawk",
        "usr/bin/c++": "g++",
        "usr/bin/c89": "c89-gcc",
        "usr/bin/c99": "c99-gcc",
        "usr/bin/cc": "gcc",
        "usr/bin/which": "which.debianutils",
    }
)
"""What ``update-alternatives`` would have made, had maintainer scripts run."""


def toolchain_links(suite: Suite) -> Mapping[str, str]:
    """Return the links of a suite's toolchain; builds call the interpreter by its short names."""
    python = f"python{suite.python.short}"
    return {**LINKS, "usr/bin/python": python, "usr/bin/python3": python}


def toolchain_roots(suite: Suite, index: PackageIndex) -> tuple[str, ...]:
    """Return the packages that a toolchain starts from.

    Nothing depends on ``Essential: yes`` packages, and scripts of builds call what is in them.
    """
    python = f"libpython{suite.python.short}-dev"
    tools = ("g++", "gcc", "libc6-dev", "make", "mawk", "pkgconf")
    return (*suite.roots, python, *tools, *index.essential())
