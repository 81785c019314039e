"""What is proposed to who lacks an address."""

import pytest

from longshore.engines.backing.proposal import propose


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("DATABASE_URL", "postgres:17"),
        ("TASKAPI_DATABASE_URL", "postgres:17"),
        ("SQLALCHEMY_DATABASE_URI", "postgres:17"),
        ("PG_DSN", "postgres:17"),
        ("REDIS_URL", "redis:8"),
        ("app_redis_url", "redis:8"),
        ("CELERY_BROKER_URL", "redis:8"),
        ("API_URL", None),
        ("DATABASE_URL_TIMEOUT", None),
        ("MY_SQLDB", None),
    ],
)
def test_an_address_is_known_by_its_name(name: str, image: str | None) -> None:
    proposed = propose(["A_TOKEN", name])
    if image is None:
        assert proposed == ""
    else:
        assert f'image = "{image}", url = ["{name}"]' in proposed
        assert proposed.startswith("; or run one here: ")
