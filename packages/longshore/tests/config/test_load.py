"""Loading ``[tool.longshore]`` and ``longshore.toml``: values and their sources."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from longshore.config import Config, SourceKind, load_config
from longshore.errors import ConfigError
from longshore.types import (
    Asgi,
    CommandLine,
    EntryPoint,
    ProcessKind,
    Resources,
    Scale,
    Wsgi,
)

COMPLETE = """
[tool.longshore]
base = "debian:trixie"
packages = ["libpq5", "libmagic1", "libpq5"]
build-packages = ["libpq-dev"]
include = ["alembic.ini", "migrations/"]
bytecode = false
mirrors = { debian = "http://deb.test/debian/" }

[tool.longshore.processes.web]
asgi = "taskapi.main:app"
port = 9000
drain = "2m"
writable = ["/data"]
env = { LOG_LEVEL = "info" }
secrets = ["API_TOKEN"]
resources = { cpu = "100m", memory = "256Mi" }
scale = { min = 2, max = 10, cpu = 70 }

[tool.longshore.processes.purge]
command = ["python", "-m", "taskapi.purge"]
schedule = "0  3 * * *"
singleton = true
"""


def write(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root


def load(
    root: Path,
    text: str,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str | bool | None] | None = None,
) -> Config:
    return load_config(write(root, text), environment=environment or {}, flags=flags or {})


def test_a_complete_table_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, COMPLETE)
    assert config.base == "debian:trixie"
    assert config.packages == ("libmagic1", "libpq5")
    assert config.build_packages == ("libpq-dev",)
    assert config.include == ("alembic.ini", "migrations/")
    assert config.bytecode is False
    assert config.mirrors == {"debian": "http://deb.test/debian"}
    purge, web = config.processes
    assert (web.name, web.kind, web.port, web.drain) == ("web", ProcessKind.WEB, 9000, 120.0)
    assert web.serve == Asgi(EntryPoint("taskapi.main", "app"))
    assert web.writable == (PurePosixPath("/data"),)
    assert (web.env, web.secrets) == ({"LOG_LEVEL": "info"}, ("API_TOKEN",))
    assert web.resources == Resources(cpu_millicores=100, memory_bytes=256 << 20)
    assert web.scale == Scale(minimum=2, maximum=10, cpu_percent=70)
    assert purge.serve == CommandLine(("python", "-m", "taskapi.purge"))
    assert (purge.kind, purge.schedule, purge.singleton) == (ProcessKind.CRON, "0 3 * * *", True)


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.other]\n"])
def test_a_project_without_a_table_has_the_defaults(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == Config()


def test_a_folder_without_files_has_the_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path, environment={}) == Config()


def test_an_own_file_has_the_same_schema_at_its_root(tmp_path: Path) -> None:
    write(tmp_path, 'base = "debian:trixie"\n[processes.web]\nwsgi = "app:app"\n', "longshore.toml")
    config = load_config(write(tmp_path, "[project]\n"), environment={})
    assert config.processes[0].serve == Wsgi(EntryPoint("app", "app"))
    assert config.location("base") == "longshore.toml: base"


def test_two_places_for_the_configuration_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path, "", "longshore.toml")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "[tool.longshore]\n")
    assert str(raised.value) == "longshore.toml: pyproject.toml has a [tool.longshore] table, too"
    assert raised.value.hint == "keep one of them"


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ('asgi = "a:b"', ProcessKind.WEB),
        ('wsgi = "a:b"', ProcessKind.WEB),
        ('command = ["x"]', ProcessKind.WORKER),
        ('command = ["x"]\nschedule = "0 0 * * *"', ProcessKind.CRON),
        ('command = ["x"]\nrun = "before-deploy"', ProcessKind.RELEASE),
        ('command = ["x"]\nkind = "web"', ProcessKind.WEB),
        ('command = ["x"]\nkind = "scheduler"', ProcessKind.SCHEDULER),
        ("port = 8000", None),
    ],
)
def test_the_kind_follows_from_the_other_keys(
    tmp_path: Path, table: str, kind: ProcessKind | None
) -> None:
    text = f"[tool.longshore.processes.one]\n{table}\n"
    assert load(tmp_path, text).processes[0].kind is kind


def test_a_web_process_listens_on_8000_by_default(tmp_path: Path) -> None:
    text = '[tool.longshore.processes.a]\nasgi = "a:b"\n[tool.longshore.processes.b]\ncommand=["b"]'
    assert [process.port for process in load(tmp_path, text).processes] == [8000, None]


# Sources ------------------------------------------------------------------------------------


def test_a_later_source_overrides_an_earlier_one(tmp_path: Path) -> None:
    text = '[tool.longshore]\nbase = "debian:bookworm"\n'
    environment = {"LONGSHORE_BASE": "debian:trixie"}
    layers = [
        load(tmp_path, ""),
        load(tmp_path, text),
        load(tmp_path, text, environment=environment),
        load(tmp_path, text, environment=environment, flags={"--base": "debian:sid"}),
    ]
    assert [(config.base, str(config.source("base"))) for config in layers] == [
        (None, "default"),
        ("debian:bookworm", "pyproject.toml"),
        ("debian:trixie", "LONGSHORE_BASE"),
        ("debian:sid", "--base"),
    ]
    assert [config.source("base").kind for config in layers] == list(SourceKind)


def test_every_value_of_the_file_knows_that_it_is_from_there(tmp_path: Path) -> None:
    sources = load(tmp_path, COMPLETE).sources
    assert {str(source) for source in sources.values()} == {"pyproject.toml"}
    assert "processes.web.env.LOG_LEVEL" in sources
    assert "processes.web.scale.min" in sources
    assert "processes.purge.drain" not in sources


@pytest.mark.parametrize(
    ("word", "value"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False)]
)
def test_a_switch_in_the_environment_is_a_word(tmp_path: Path, word: str, value: bool) -> None:
    assert load(tmp_path, "", environment={"LONGSHORE_BYTECODE": word}).bytecode is value


def test_empty_variables_and_absent_flags_say_nothing(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "",
        environment={"LONGSHORE_BASE": "", "LONGSHORE_BYTECODE": ""},
        flags={"--base": None, "--bytecode": None},
    )
    assert config == Config()


def test_a_flag_may_be_false(tmp_path: Path) -> None:
    config = load(tmp_path, "", flags={"--bytecode": False})
    assert config.bytecode is False
    assert config.source("bytecode").kind is SourceKind.FLAG


def test_a_mirror_in_the_environment_leaves_the_other_one(tmp_path: Path) -> None:
    config = load(
        tmp_path, COMPLETE, environment={"LONGSHORE_DEBIAN_SECURITY_MIRROR": "https://sec.test/"}
    )
    assert config.mirrors == {
        "debian": "http://deb.test/debian",
        "debian-security": "https://sec.test",
    }
    assert str(config.source("mirrors.debian")) == "pyproject.toml"
    assert str(config.source("mirrors.debian-security")) == "LONGSHORE_DEBIAN_SECURITY_MIRROR"
