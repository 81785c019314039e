"""The suites of Debian that a base can be made of."""

from dataclasses import dataclass

from longshore.errors import UsageError
from longshore.types import Platform, PythonVersion

_ARCHITECTURES = {
    "amd64": "amd64",
    "arm64": "arm64",
    "386": "i386",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""Debian's name of each architecture; Go's, which images use, is the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A release of Debian: its codename and the Python that it ships."""

    codename: str
    python: PythonVersion

    @property
    def reference(self) -> str:
        """As configurations name it: ``debian:trixie``."""
        return f"debian:{self.codename}"

    @property
    def roots(self) -> tuple[str, ...]:
        """The packages that every base starts from.

        ``python3.13`` itself would add nothing but the debugger's entry point. Every manylinux
        wheel may link to ``libstdc++6`` without bringing it (PEP 600, and PEP 513's list).
        """
        python = f"python{self.python.short}"
        return (
            *("base-files", "ca-certificates", "media-types", "netbase"),
            *(f"lib{python}-stdlib", "libstdc++6", f"{python}-minimal", "tzdata"),
        )


SUITES = (
    Suite(codename="trixie", python=PythonVersion(3, 13)),
    Suite(codename="bookworm", python=PythonVersion(3, 11)),
)
"""Newest first."""


def parse_suite(reference: str) -> Suite:
    """Return the suite of ``debian:<codename>``.

    Raises:
        UsageError: for any other reference.
    """
    for suite in SUITES:
        if suite.reference == reference:
            return suite
    known = ", ".join(suite.reference for suite in SUITES)
    msg = f"base: unknown Debian suite {reference!r}"
    raise UsageError(msg, hint=f"use one of {known}")


def debian_architecture(platform: Platform) -> str:
    """Return Debian's name of a platform's architecture.

    Raises:
        UsageError: where Debian has no port, or none that Longshore supports.
    """
    name = _ARCHITECTURES.get(platform.architecture)
    if platform.os != "linux" or platform.variant or name is None:
        known = ", ".join(f"linux/{architecture}" for architecture in _ARCHITECTURES)
        msg = f"base: Debian has no architecture for {str(platform)!r}"
        raise UsageError(msg, hint=f"use one of {known}")
    return name
