"""Who may use a backing service, and how its address is written; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from longshore.config import ServiceConfig, ServiceKind
from longshore.types import Secret

_SUPERUSER = "postgres"
_TRUST = "trust"
_REDIS_DATABASE = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As whom the processes connect; empty parts are not said."""

    user: str = ""
    password: Secret | None = None
    database: str = ""


def needs_password(service: ServiceConfig) -> bool:
    """Tell whether a password has to be made up: its image insists on one, and none is given."""
    if service.kind is not ServiceKind.POSTGRES or "POSTGRES_PASSWORD" in service.env:
        return False
    return service.env.get("POSTGRES_HOST_AUTH_METHOD") != _TRUST


def account_of(service: ServiceConfig, made: Secret | None) -> Account:
    """Return the account that a service makes by itself.

    Args:
        service: with its settings, by the contract of its image.
        made: the password that was made up, if one was needed.
    """
    if service.kind is ServiceKind.POSTGRES:
        given = service.env.get("POSTGRES_PASSWORD")
        user = service.env.get("POSTGRES_USER") or _SUPERUSER
        return Account(
            user=user,
            password=Secret(given) if given else made,
            database=service.env.get("POSTGRES_DB") or user,
        )
    if service.kind is ServiceKind.REDIS:
        return Account(password=_redis_password(service.command), database=_REDIS_DATABASE)
    return Account()


def settings_of(service: ServiceConfig, account: Account) -> dict[str, Secret]:
    """Return the environment that the service itself runs with."""
    settings = {name: Secret(value) for name, value in service.env.items()}
    if needs_password(service) and account.password is not None:
        settings["POSTGRES_PASSWORD"] = account.password
    return settings


def public_address(service: ServiceConfig, account: Account, *, port: int) -> str:
    """Return where this machine reaches a service, without a password."""
    public = Account(user=account.user, database=account.database)
    return _fields(service, public, "127.0.0.1", port, encoded=True)["url"]


def variables_of(
    service: ServiceConfig, account: Account, *, host: str, port: int
) -> Mapping[str, Secret]:
    """Return what the processes get in their environment.

    In a template that is a URL, user, password and database are percent-encoded (RFC 3986 §2.1).
    """
    return {
        name: Secret(
            template.format(**_fields(service, account, host, port, encoded="://" in template))
        )
        for name, template in service.addresses.items()
    }


def _fields(
    service: ServiceConfig, account: Account, host: str, port: int, *, encoded: bool
) -> dict[str, str]:
    password = account.password.reveal() if account.password is not None else ""
    parts = {"user": account.user, "password": password, "database": account.database}
    if encoded:
        parts = {name: quote(value, safe="") for name, value in parts.items()}
    parts |= {"host": host, "port": str(port)}
    return {**parts, "url": _url(service.kind, account, parts["host"], port)}


def _url(kind: ServiceKind, account: Account, host: str, port: int) -> str:
    user = quote(account.user, safe="")
    if account.password is not None:
        user += f":{quote(account.password.reveal(), safe='')}"
    authority = f"{user}@{host}:{port}" if user else f"{host}:{port}"
    database = quote(account.database, safe="")
    match kind:
        case ServiceKind.POSTGRES:
            return f"postgresql://{authority}/{database}"
        case ServiceKind.REDIS:
            return f"redis://{authority}/{database}"
        case ServiceKind.OTHER:
            return authority


def _redis_password(command: tuple[str, ...]) -> Secret | None:
    """Return what ``--requirepass`` says."""
    words = list(command)
    if "--requirepass" not in words[:-1]:
        return None
    return Secret(words[words.index("--requirepass") + 1])
