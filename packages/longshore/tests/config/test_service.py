"""The ``services`` table."""

from pathlib import Path

import pytest

from longshore.config import ServiceConfig, ServiceKind, load_config
from longshore.config.known import full_reference
from longshore.config.view import settings
from longshore.errors import ConfigError
from longshore.types import Digest, Reference

BOTH = """
[tool.longshore.services]
cache = "redis:8"
[tool.longshore.services.db]
image = "postgres:17"
env = { POSTGRES_DB = "tasks", POSTGRES_PASSWORD = "open-sesame" }
command = ["postgres", "-c", "log_statement=all"]
url = { TASKS = "postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}" }
"""


def _services(root: Path, text: str) -> dict[str, ServiceConfig]:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return {one.name: one for one in load_config(root, environment={}).services}


def _problems(root: Path, text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigError) as raised:
        _services(root, text)
    return [(str(finding), finding.hint) for finding in raised.value.findings]


def test_a_known_image_is_all_that_there_is_to_say(tmp_path: Path) -> None:
    found = _services(tmp_path, BOTH)
    assert found["cache"] == ServiceConfig(
        name="cache",
        image=Reference(repository="redis", tag="8"),
        kind=ServiceKind.REDIS,
        port=6379,
        addresses={"CACHE_URL": "{url}", "REDIS_URL": "{url}"},
    )
    db = found["db"]
    assert (db.kind, db.port) == (ServiceKind.POSTGRES, 5432)
    assert db.command == ("postgres", "-c", "log_statement=all")
    assert list(db.addresses) == ["TASKS"]


def test_services_are_no_part_of_what_decides_an_image(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(BOTH)
    with_services = repr(load_config(tmp_path, environment={}))
    (tmp_path / "pyproject.toml").write_text("[tool.longshore]\n")
    assert repr(load_config(tmp_path, environment={})) == with_services


def test_the_view_has_every_value_but_no_password(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(BOTH)
    shown = settings(load_config(tmp_path, environment={}))
    found = {one.path: (one.value, str(one.source)) for one in shown if "services" in one.path}
    assert found["services.cache.image"] == ("redis:8", "pyproject.toml")
    assert found["services.cache.url.REDIS_URL"] == ("{url}", "default")
    assert found["services.db.env.POSTGRES_DB"] == ("tasks", "pyproject.toml")
    assert found["services.db.env.POSTGRES_PASSWORD"] == ("***", "pyproject.toml")
    assert found["services.db.port"] == (5432, "default")


@pytest.mark.parametrize(
    ("image", "whole"),
    [
        ("redis", "docker.io/library/redis:latest"),
        ("docker.io/library/redis:8", "docker.io/library/redis:8"),
        ("valkey/valkey:8.1-alpine", "docker.io/valkey/valkey:8.1-alpine"),
        ("registry.test:5000/team/redis:8", "registry.test:5000/team/redis:8"),
        (f"redis@{Digest.of(b'')}", f"docker.io/library/redis@{Digest.of(b'')}"),
    ],
)
def test_images_have_a_whole_name(image: str, whole: str) -> None:
    assert full_reference(Reference.parse(image)) == whole


def test_other_images_tell_their_port_and_give_host_and_port(tmp_path: Path) -> None:
    text = '[tool.longshore.services.mail-box]\nimage = "axllent/mailpit:v1"\nport = 1025\n'
    found = _services(tmp_path, text)["mail-box"]
    assert (found.kind, found.port) == (ServiceKind.OTHER, 1025)
    assert found.addresses == {"MAIL_BOX_HOST": "{host}", "MAIL_BOX_PORT": "{port}"}
    elsewhere = '[tool.longshore.services]\ncache = "registry.test/redis:8"\n'
    assert _problems(tmp_path, elsewhere) == [
        (
            (
                "pyproject.toml: tool.longshore.services.cache: no port: where "
                "'registry.test/redis:8' listens is not known"
            ),
            "add port = 8080, say",
        )
    ]


def test_a_usual_name_goes_to_nobody_where_two_would_have_it(tmp_path: Path) -> None:
    found = _services(tmp_path, '[tool.longshore.services]\na = "redis:8"\nb = "valkey/valkey:8"\n')
    assert [list(one.addresses) for one in found.values()] == [["A_URL"], ["B_URL"]]
    text = (
        '[tool.longshore.services]\na = { image = "redis:8", url = ["REDIS_URL"] }\nb = "redis:8"\n'
    )
    found = _services(tmp_path, text)
    assert [list(one.addresses) for one in found.values()] == [["REDIS_URL"], ["B_URL"]]


def test_every_problem_of_the_table_is_reported_at_once(tmp_path: Path) -> None:
    text = """
[tool.longshore.processes.web]
asgi = "a:b"
[tool.longshore.services]
web = "redis:8"
Db = "postgres"
one = "not an image"
two = 3
[tool.longshore.services.three]
imag = "redis:8"
[tool.longshore.services.four]
image = "postgres:17"
env = { POSTGRES_PASWORD = "x", POSTGRES_DB = 1 }
port = 70000
command = "postgres -c a=b"
url = "DATABASE_URL"
[tool.longshore.services.five]
image = "redis:8"
env = { TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz" }
url = { A = "{hots}", B = "{", C = "fixed" }
"""
    base = "pyproject.toml: tool.longshore.services"
    found = dict(_problems(tmp_path, text))
    assert set(found) == {
        (
            f"{base}.Db: expected a name of at most 40 lower-case letters, digits and hyphens that "
            "starts with a letter, got 'Db'"
        ),
        f"{base}.one: expected an image such as 'redis:8', got 'not an image'",
        f"{base}.two: expected an image such as 'redis:8', or a table, got 3",
        f"{base}.three: no image",
        f"{base}.three.imag: unknown key",
        f"{base}.four.env.POSTGRES_DB: expected a string, got 1",
        f"{base}.four.port: expected an integer between 1 and 65535, got 70000",
        f"{base}.four.command: expected an array of words, got 'postgres -c a=b'",
        (
            f"{base}.four.url: expected an array of variables or a table of templates, "
            "got 'DATABASE_URL'"
        ),
        f"{base}.five.env.TOKEN: looks like a GitHub token",
        f"{base}.five.url.A: unknown field 'hots'",
        f"{base}.five.url.B: single '{{' encountered in format string: '{{'",
        f"{base}.five.url.C: expected a template such as '{{host}}:{{port}}', got 'fixed'",
    }
    assert found[f"{base}.five.url.A: unknown field 'hots'"] == "did you mean 'host'?"
    assert found[f"{base}.three.imag: unknown key"] == "did you mean 'image'?"


def test_names_clash_with_no_process_and_no_other_service(tmp_path: Path) -> None:
    process = '[tool.longshore.processes.web]\nasgi = "a:b"\n'
    assert _problems(tmp_path, process + '[tool.longshore.services]\nweb = "redis:8"\n') == [
        (
            "pyproject.toml: tool.longshore.services.web: a process has that name",
            "call one of them otherwise",
        )
    ]
    both = "".join(
        f'[tool.longshore.services.{name}]\nimage = "redis:8"\nurl = ["REDIS_URL"]\n'
        for name in ("a", "b")
    )
    assert _problems(tmp_path, both) == [
        (
            (
                "pyproject.toml: tool.longshore.services.b.url: REDIS_URL is the address of 'a' "
                "already"
            ),
            "give each service variables of its own",
        )
    ]


def test_a_setting_of_postgres_that_is_nearly_right(tmp_path: Path) -> None:
    text = (
        '[tool.longshore.services.db]\nimage = "postgres:17"\n'
        'env = { POSTGRES_PASWORD = "x", PGDATA = "/x", POSTGRES_PASSWORD = "" }\n'
    )
    assert _problems(tmp_path, text) == [
        (
            (
                "pyproject.toml: tool.longshore.services.db.env.POSTGRES_PASWORD: "
                "the image has no such setting"
            ),
            "did you mean 'POSTGRES_PASSWORD'?",
        ),
        (
            (
                "pyproject.toml: tool.longshore.services.db.env.POSTGRES_PASSWORD: "
                "expected a password that is not empty"
            ),
            "leave it out: a random one is made",
        ),
    ]
