"""Who may use a backing service, and how its address is written."""

from longshore.config import ServiceConfig, ServiceKind
from longshore.engines.backing.account import (
    account_of,
    needs_password,
    public_address,
    settings_of,
    variables_of,
)
from longshore.types import Reference, Secret

MADE = Secret("p@ss")


def _service(kind: ServiceKind, **changes: object) -> ServiceConfig:
    values: dict[str, object] = {
        "name": "db",
        "image": Reference(repository="image"),
        "kind": kind,
        "port": 1234,
        "addresses": {"A": "{url}"},
    }
    return ServiceConfig(**{**values, **changes})  # type: ignore[arg-type]


def _values(service: ServiceConfig, made: Secret | None = None) -> dict[str, str]:
    account = account_of(service, made)
    found = variables_of(service, account, host="db", port=5)
    return {name: value.reveal() for name, value in found.items()}


def test_postgres_has_the_defaults_of_its_image_and_a_password_of_ours() -> None:
    service = _service(ServiceKind.POSTGRES)
    assert needs_password(service)
    assert _values(service, MADE) == {"A": "postgresql://postgres:p%40ss@db:5/postgres"}
    account = account_of(service, MADE)
    assert settings_of(service, account) == {"POSTGRES_PASSWORD": MADE}
    assert public_address(service, account, port=7) == (
        "postgresql://postgres@127.0.0.1:7/postgres"
    )


def test_postgres_heeds_the_settings_of_its_image() -> None:
    env = {"POSTGRES_USER": "me", "POSTGRES_PASSWORD": "own"}
    service = _service(ServiceKind.POSTGRES, env=env)
    assert not needs_password(service)
    assert _values(service) == {"A": "postgresql://me:own@db:5/me"}
    service = _service(ServiceKind.POSTGRES, env={**env, "POSTGRES_DB": "tasks"})
    assert _values(service) == {"A": "postgresql://me:own@db:5/tasks"}


def test_nobody_is_asked_for_a_password_where_everybody_is_trusted() -> None:
    service = _service(ServiceKind.POSTGRES, env={"POSTGRES_HOST_AUTH_METHOD": "trust"})
    assert not needs_password(service)
    assert _values(service) == {"A": "postgresql://postgres@db:5/postgres"}


def test_redis_has_a_password_only_where_its_command_says_so() -> None:
    assert _values(_service(ServiceKind.REDIS)) == {"A": "redis://db:5/0"}
    command = ("redis-server", "--requirepass", "a/b")
    service = _service(ServiceKind.REDIS, command=command)
    assert _values(service) == {"A": "redis://:a%2Fb@db:5/0"}
    address = public_address(service, account_of(service, None), port=7)
    assert address == "redis://127.0.0.1:7/0"
    assert _values(_service(ServiceKind.REDIS, command=("--requirepass",))) == {
        "A": "redis://db:5/0"
    }


def test_templates_encode_what_goes_into_a_url_and_nothing_else() -> None:
    addresses = {
        "URL": "postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}?a={{}}",
        "PGPASSWORD": "{password}",
        "PGHOST": "{host}",
    }
    service = _service(ServiceKind.POSTGRES, addresses=addresses)
    assert _values(service, MADE) == {
        "URL": "postgresql+asyncpg://postgres:p%40ss@db:5/postgres?a={}",
        "PGPASSWORD": "p@ss",
        "PGHOST": "db",
    }


def test_anything_else_has_a_host_and_a_port() -> None:
    service = _service(ServiceKind.OTHER, addresses={"H": "{host}", "U": "http://{url}/"})
    assert _values(service) == {"H": "db", "U": "http://db:5/"}
