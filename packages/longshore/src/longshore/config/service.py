"""Reads the ``services`` table: databases and caches that the processes use on this machine."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from string import Formatter
from types import MappingProxyType

from longshore.config.invalid import (
    InvalidValueError,
    Problem,
    Table,
    integer,
    invalid,
    list_of,
    mapping_of,
    show,
    text,
)
from longshore.config.known import POSTGRES_SETTINGS, KnownImage, ServiceKind, known_image
from longshore.config.leak import credential_kind
from longshore.config.process import command_line, process_name, setting_text
from longshore.config.schema import ServiceConfig
from longshore.config.suggestion import suggest
from longshore.config.values import parsed, variable
from longshore.types import Reference
from longshore.types.process import MAX_PORT

WHOLE = "{url}"
"""The template of an address as its kind usually writes it."""

FIELDS = ("url", "host", "port", "user", "password", "database")
"""What a template may name."""

_ADDRESS_OF_OTHERS = {"HOST": "{host}", "PORT": "{port}"}


def services(value: object) -> tuple[ServiceConfig, ...]:
    """Read the ``services`` table; sorted by name.

    Raises:
        InvalidValueError: with everything that is wrong in it.
    """
    by_name = mapping_of(process_name, _service)(value)
    found = [by_name[name] for name in sorted(by_name)]
    problems = tuple(_claimed_twice(found))
    if problems:
        raise InvalidValueError(*problems)
    return tuple(_settled(found))


def _service(name: str, value: object) -> ServiceConfig:
    if not isinstance(value, str | dict):
        msg = f"expected an image such as 'redis:8', or a table, got {show(value)}"
        raise invalid(msg)
    if isinstance(value, str):
        parsed(_image)(value)  # here, as the short form has no key of that name
        value = {"image": value}
    table = Table(value)
    image = table.get("image", parsed(_image))
    known = known_image(image) if image else None
    port = table.get("port", integer(1, MAX_PORT))
    env = table.get("env", mapping_of(variable, _setting)) or {}
    command = table.get("command", command_line)
    addresses = table.get("url", _addresses)
    if not table.has("image"):
        table.reject("no image", hint='add image = "redis:8", say')
    elif image and port is None and known is None and not table.has("port"):
        table.reject(
            f"no port: where {str(image)!r} listens is not known", hint="add port = 8080, say"
        )
    if known is not None and known.kind is ServiceKind.POSTGRES:
        _check_postgres(table, env)
    table.close()
    return ServiceConfig(
        name=name,
        image=image or Reference(repository="unknown"),
        kind=known.kind if known else ServiceKind.OTHER,
        port=port or (known.port if known else 1),
        env=env,
        command=command.argv if command else (),
        addresses=_usual(name, known) if addresses is None else addresses,
        is_explicit=addresses is not None,
    )


def _image(written: str) -> Reference:
    if re.search(r"\s|://", written):
        msg = f"expected an image such as 'redis:8', got {written!r}"
        raise invalid(msg)
    return Reference.parse(written)


def _setting(name: str, value: object) -> str:
    value = setting_text(value)
    # By its shape only: a password that opens nothing but a database on this machine is fine.
    kind = credential_kind("", value)
    if kind is not None:
        msg = f"looks like {kind}"
        hint = f"a service runs on this machine only: give it a {name} that opens nothing else"
        raise invalid(msg, hint=hint)
    return value


def _addresses(value: object) -> Mapping[str, str]:
    if isinstance(value, str):
        msg = f"expected an array of variables or a table of templates, got {value!r}"
        raise invalid(msg, hint=f'write ["{value}"]' if value.isidentifier() else None)
    if isinstance(value, list):
        names = list_of(variable)(value)
        return MappingProxyType(dict.fromkeys(names, WHOLE))
    return mapping_of(variable, lambda _name, each: _template(each))(value)


def _template(value: object) -> str:
    template = text(value)
    try:
        parts = [part for _, part, _, _ in Formatter().parse(template) if part is not None]
    except ValueError as error:
        msg = f"{str(error).lower()}: {template!r}"
        raise invalid(msg, hint="write a brace that stands for itself twice") from error
    for part in parts:
        if part not in FIELDS:
            msg = f"unknown field {part!r}"
            known = ", ".join(FIELDS)
            raise invalid(msg, hint=suggest(part, FIELDS) or f"known fields: {known}")
    if not parts:
        msg = f"expected a template such as '{{host}}:{{port}}', got {template!r}"
        raise invalid(msg, hint="a value that never changes goes into the process's env")
    return template


def _usual(name: str, known: KnownImage | None) -> Mapping[str, str]:
    prefix = name.upper().replace("-", "_")
    if known is None:
        named = {f"{prefix}_{word}": part for word, part in _ADDRESS_OF_OTHERS.items()}
    else:
        named = {f"{prefix}_URL": WHOLE, known.variable: WHOLE}
    return MappingProxyType(named)


def _check_postgres(table: Table, env: Mapping[str, str]) -> None:
    for name in env:
        if name.startswith("POSTGRES_") and name not in POSTGRES_SETTINGS:
            for close in get_close_matches(name, POSTGRES_SETTINGS, n=1):
                hint = f"did you mean {close!r}?"
                table.reject("the image has no such setting", key=f"env.{name}", hint=hint)
    if env.get("POSTGRES_PASSWORD") == "" and env.get("POSTGRES_HOST_AUTH_METHOD") != "trust":
        table.reject(
            "expected a password that is not empty",
            key="env.POSTGRES_PASSWORD",
            hint="leave it out: a random one is made",
        )


def _claimed_twice(found: Iterable[ServiceConfig]) -> Iterator[Problem]:
    claims: dict[str, str] = {}
    for service in found:
        for name in service.addresses if service.is_explicit else ():
            if name in claims:
                message = f"{name} is the address of {claims[name]!r} already"
                hint = "give each service variables of its own"
                yield Problem(message=message, hint=hint, path=f"{service.name}.url")
            claims.setdefault(name, service.name)


def _settled(found: list[ServiceConfig]) -> Iterator[ServiceConfig]:
    """Take a usual name from services that would share it: which one is meant can't be known."""
    explicit = {name for one in found if one.is_explicit for name in one.addresses}
    usual = Counter(name for one in found if not one.is_explicit for name in one.addresses)
    for one in found:
        if one.is_explicit:
            yield one
            continue
        own = {
            name: template
            for name, template in one.addresses.items()
            if name not in explicit and usual[name] == 1
        }
        yield replace(one, addresses=MappingProxyType(own))
