"""Which services have a stand-in, and what it is made of; pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from longshore.config import ServiceConfig
from longshore.config.known import hub_name
from longshore.errors import ProjectError
from longshore.types import Reference

_VERSION = re.compile(r"(\d+(?:\.\d+)*)(?:-.+)?")
_DOCS = "how-to/use-a-database-or-a-cache.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A service that can be assembled.

    Args:
        repository: whose image it stands in for.
        version: of the program; more digits than that make no difference to who uses it.
        suite: the base that it stands on: ``debian:trixie``.
        packages: the Debian packages that it takes.
        without: what those depend on and nothing here needs.
        script: the module of this package that is its entry point.
        data: the folder with what it keeps.
    """

    repository: str
    version: str
    suite: str
    packages: tuple[str, ...]
    without: tuple[str, ...] = ()
    script: str
    data: PurePosixPath

    def __str__(self) -> str:
        return f"{self.repository} {self.version} ({', '.join(self.packages)} of {self.suite})"

    def stands_for(self, image: Reference) -> bool:
        """Tell whether it is of the version that an image's tag asks for."""
        if hub_name(image) != self.repository:
            return False
        if image.tag is None:
            return image.digest is None
        if image.tag.partition("-")[0] == "latest":
            return True
        match = _VERSION.fullmatch(image.tag)
        if match is None:
            return False
        pairs = zip(match[1].split("."), self.version.split("."), strict=False)
        return all(asked == own for asked, own in pairs)


def _redis(repository: str, version: str, suite: str, package: str) -> StandIn:
    return StandIn(
        repository=repository,
        version=version,
        suite=suite,
        packages=(package,),
        script="_redis.py",
        data=PurePosixPath("/data"),
    )


def _postgres(version: str, suite: str, *, llvm: str) -> StandIn:
    return StandIn(
        repository="postgres",
        version=version,
        suite=suite,
        # initdb needs a shell, and a locale.
        packages=("dash", "libc-bin", f"postgresql-{version}"),
        # Debian's scripts around several clusters, in Perl, and the compiler of queries: two thirds
        # of the whole.
        without=(
            *(llvm, "locales", "perl", "ssl-cert"),
            *("postgresql-client-common", "postgresql-common"),
        ),
        script="_postgres.py",
        data=PurePosixPath("/var/lib/postgresql"),
    )


STAND_INS = (
    _postgres("17", "debian:trixie", llvm="libllvm19"),
    _postgres("15", "debian:bookworm", llvm="libllvm14"),
    _redis("redis", "8.0", "debian:trixie", "redis-server"),
    _redis("redis", "7.0", "debian:bookworm", "redis-server"),
    _redis("valkey/valkey", "8.1", "debian:trixie", "valkey-server"),
)
"""The newest of each first."""


def find_stand_in(image: Reference) -> StandIn | None:
    """Return what stands in for an image."""
    return next((each for each in STAND_INS if each.stands_for(image)), None)


def require_stand_in(service: ServiceConfig, *, reason: str) -> StandIn:
    """Return what stands in for a service's image.

    Args:
        service: whose image can't be used.
        reason: why not.

    Raises:
        ProjectError: if nothing does, with what there is.
    """
    found = find_stand_in(service.image)
    if found is not None:
        return found
    versions = [each.version for each in STAND_INS if each.repository == hub_name(service.image)]
    asked = str(service.image)
    if not versions:
        known = ", ".join(dict.fromkeys(each.repository for each in STAND_INS))
        msg = f"service {service.name!r}: {asked} can't be used: {reason}"
        hint = f"use podman, pull the image first, or one that has a stand-in: {known}"
        raise ProjectError(msg, hint=hint, docs=_DOCS)
    msg = f"service {service.name!r}: nothing stands in for {asked}, which can't be used: {reason}"
    hint = f"there are versions {' and '.join(versions)}; or use podman and pull the image first"
    raise ProjectError(msg, hint=hint, docs=_DOCS)


def stand_ins_of(services: Iterable[ServiceConfig]) -> Iterator[StandIn]:
    """Yield each stand-in that some services may need, once."""
    found = (find_stand_in(service.image) for service in services)
    yield from dict.fromkeys(each for each in found if each is not None)
