"""Which services have a stand-in."""

import pytest

from longshore.build.standin.catalogue import (
    STAND_INS,
    find_stand_in,
    require_stand_in,
    stand_ins_of,
)
from longshore.config import ServiceConfig, ServiceKind
from longshore.errors import ProjectError
from longshore.types import Digest, Reference


def _service(image: str) -> ServiceConfig:
    reference = Reference.parse(image)
    return ServiceConfig(name="db", image=reference, kind=ServiceKind.POSTGRES, port=5432)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("redis", "8.0"),
        ("redis:latest", "8.0"),
        ("redis:8", "8.0"),
        ("redis:8.0", "8.0"),
        ("redis:8.0.1-bookworm", "8.0"),
        ("redis:7", "7.0"),
        ("docker.io/library/redis:7-alpine", "7.0"),
        ("redis:8.2", None),
        ("redis:6", None),
        ("redis:80", None),
        ("redis:alpine", None),
        (f"redis@{Digest.of(b'')}", None),
        ("valkey/valkey:8", "8.1"),
        ("valkey:8", None),
        ("postgres:17", "17"),
        ("postgres:17.2", "17"),
        ("postgres:latest", "17"),
        ("postgres:15-alpine", "15"),
        ("postgres:16", None),
        ("pgvector/pgvector:pg17", None),
        ("registry.test/redis:8", None),
    ],
)
def test_a_tag_asks_for_a_version(image: str, version: str | None) -> None:
    found = find_stand_in(Reference.parse(image))
    assert (None if found is None else found.version) == version


def test_a_version_that_there_is_not_names_those_that_there_are() -> None:
    with pytest.raises(ProjectError) as caught:
        require_stand_in(_service("postgres:16"), reason="no podman here")
    assert caught.value.message == (
        "service 'db': nothing stands in for postgres:16, which can't be used: no podman here"
    )
    assert (
        caught.value.hint == "there are versions 17 and 15; or use podman and pull the image first"
    )


def test_an_image_without_a_stand_in_needs_an_engine_that_has_it() -> None:
    with pytest.raises(ProjectError, match="mongo:8 can't be used: no podman here") as caught:
        require_stand_in(_service("mongo:8"), reason="no podman here")
    assert "postgres, redis, valkey/valkey" in (caught.value.hint or "")


def test_each_is_assembled_once_however_many_services_need_it() -> None:
    services = [_service(image) for image in ("redis:8", "redis", "mongo", "postgres:15")]
    assert [str(each) for each in stand_ins_of(services)] == [
        "redis 8.0 (redis-server of debian:trixie)",
        "postgres 15 (dash, libc-bin, postgresql-15 of debian:bookworm)",
    ]


def test_packages_are_sorted_as_the_lock_has_them() -> None:
    for each in STAND_INS:
        assert list(each.packages) == sorted(each.packages)
