"""Images of services whose port, address and environment are known."""

from dataclasses import dataclass
from enum import StrEnum

from longshore.types import Reference

_HUB = "docker.io"
_OFFICIAL = "library/"


class ServiceKind(StrEnum):
    """What a service speaks; ``OTHER`` is anything that listens at a TCP port."""

    POSTGRES = "postgres"
    REDIS = "redis"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownImage:
    """Images of one repository.

    Args:
        kind: what they speak.
        port: where they listen.
        variable: what applications commonly call the address.
    """

    kind: ServiceKind
    port: int
    variable: str


_POSTGRES = KnownImage(kind=ServiceKind.POSTGRES, port=5432, variable="DATABASE_URL")
_REDIS = KnownImage(kind=ServiceKind.REDIS, port=6379, variable="REDIS_URL")
_KNOWN = {
    "pgvector/pgvector": _POSTGRES,
    "postgis/postgis": _POSTGRES,
    "postgres": _POSTGRES,
    "redis": _REDIS,
    "redis/redis-stack-server": _REDIS,
    "timescale/timescaledb": _POSTGRES,
    "valkey/valkey": _REDIS,
}

POSTGRES_SETTINGS = (
    "POSTGRES_DB",
    "POSTGRES_DB_FILE",
    "POSTGRES_HOST_AUTH_METHOD",
    "POSTGRES_INITDB_ARGS",
    "POSTGRES_INITDB_ARGS_FILE",
    "POSTGRES_INITDB_WALDIR",
    "POSTGRES_PASSWORD",
    "POSTGRES_PASSWORD_FILE",
    "POSTGRES_USER",
    "POSTGRES_USER_FILE",
)
"""What the official image of PostgreSQL reads, beside ``PGDATA``."""


def hub_name(image: Reference) -> str | None:
    """Return an image's name on Docker Hub as people write it, or ``None`` if it is elsewhere."""
    if image.registry not in ("", _HUB):
        return None
    return image.repository.removeprefix(_OFFICIAL)


def known_image(image: Reference) -> KnownImage | None:
    """Return what is known of an image."""
    return _KNOWN.get(hub_name(image) or "")


def full_reference(image: Reference) -> str:
    """Return an image's whole name: ``docker.io/library/redis:8``."""
    registry = image.registry or _HUB
    official = registry == _HUB and "/" not in image.repository
    tag = image.tag or ("" if image.digest else "latest")
    name = f"{registry}/{_OFFICIAL if official else ''}{image.repository}"
    return name + (f":{tag}" if tag else "") + (f"@{image.digest}" if image.digest else "")
