"""The entry points of the stand-ins, with programs that write down what they are told."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

PROGRAM = """#!{python}
import json, os, re, sys
from pathlib import Path
data = Path({data!r})
name, words = Path(sys.argv[0]).name, sys.argv[1:]
told = {{"name": name, "argv": words, "stdin": "", "password": ""}}
told["secrets"] = sorted(each for each in os.environ if each.startswith("POSTGRES_"))
if name == "initdb":
    data.mkdir(exist_ok=True)
    assert not list(data.iterdir()), "initdb refuses a folder that is not empty"
    (data / "PG_VERSION").write_text("17\\n")
    (data / "pg_hba.conf").write_text("local all all trust\\n")
    for word in words:
        if word.startswith("--pwfile="):
            told["password"] = Path(word.removeprefix("--pwfile=")).read_text()
if words == ["--version"]:
    print("postgres (PostgreSQL) 17.12 (Debian)")
    sys.exit()
if "--single" in words:
    told["stdin"] = sys.stdin.read()
with Path({log!r}).open("a") as log:
    log.write(json.dumps(told) + "\\n")
sys.exit(int(os.environ.get("FAIL_" + name.upper().replace("-", "_"), "0")))
"""


class Machine:
    """A folder with the programs that a stand-in has."""

    def __init__(self, folder: Path, *programs: str) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        self.bin = folder / "bin"
        self.bin.mkdir()
        text = PROGRAM.format(python=sys.executable, data=str(self.data), log=str(self.log))
        for name in programs:
            path = self.bin / name
            path.write_text(text)
            path.chmod(0o755)

    def start(self, script: str, *argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run an entry point as an engine does."""
        text = files("longshore.build.standin").joinpath(script).read_text()
        return subprocess.run(
            [sys.executable, "-I", "-c", text, *argv],
            env={"PATH": str(self.bin), "PGDATA": str(self.data), **env},
            cwd=self.bin.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def told(self) -> list[dict[str, object]]:
        """Return what the programs were told since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture
def postgres(tmp_path: Path) -> Machine:
    """A machine with PostgreSQL."""
    return Machine(tmp_path, "postgres", "initdb")


def test_the_first_start_makes_the_database_that_the_settings_ask_for(postgres: Machine) -> None:
    completed = postgres.start(
        "_postgres.py",
        "postgres",
        "-c",
        "log_statement=all",
        POSTGRES_USER="me",
        POSTGRES_PASSWORD="it's",
        POSTGRES_DB='my"tasks',
        POSTGRES_INITDB_ARGS="--locale-provider=icu --icu-locale='en-US'",
        LONGSHORE_HOST="127.0.0.1",
        PORT="40000",
    )
    assert completed.returncode == 0, completed.stderr
    initdb, create, server = postgres.told()
    argv = list(map(str, initdb["argv"])) if isinstance(initdb["argv"], list) else []
    assert argv[2:5] == ["--username", "me", "--auth-local=trust"]
    assert {"--auth-host=scram-sha-256", "--locale-provider=icu", "--icu-locale=en-US"} <= {*argv}
    assert initdb["password"] == "it's\n"
    assert create["stdin"] == 'CREATE DATABASE "my""tasks";\n'
    words = server["argv"]
    assert isinstance(words, list)
    assert words[:2] == ["-D", str(postgres.data)]
    assert words[-6:] == [
        *("-c", "log_statement=all"),
        *("-c", "listen_addresses=127.0.0.1", "-c", "port=40000"),
    ]
    assert server["secrets"] == []  # it does not need them again
    rules = (postgres.data / "pg_hba.conf").read_text().splitlines()
    assert rules[-1] == "host all all all scram-sha-256"
    assert "it's" not in (postgres.data / ".longshore").read_text()


def test_later_starts_leave_it_alone_but_set_a_password_that_has_changed(
    postgres: Machine,
) -> None:
    postgres.start("_postgres.py", POSTGRES_PASSWORD="one")
    postgres.told()
    postgres.start("_postgres.py", POSTGRES_PASSWORD="one")
    assert [each["name"] for each in postgres.told()] == ["postgres"]
    postgres.start("_postgres.py", "-c", "a=b", POSTGRES_PASSWORD="o'ther")
    alter, server = postgres.told()
    assert alter["stdin"] == """ALTER ROLE "postgres" PASSWORD 'o''ther';\n"""
    assert server["name"] == "postgres"


def test_a_first_start_that_was_cut_short_is_made_again(postgres: Machine) -> None:
    (postgres.data / "base").mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("17\n")
    assert postgres.start("_postgres.py", POSTGRES_PASSWORD="a").returncode == 0
    assert [each["name"] for each in postgres.told()] == ["initdb", "postgres"]
    assert not (postgres.data / "base").exists()


def test_a_first_start_that_fails_is_not_taken_for_done(postgres: Machine) -> None:
    assert postgres.start("_postgres.py", POSTGRES_PASSWORD="a", FAIL_INITDB="3").returncode == 3
    assert not (postgres.data / ".longshore").exists()


def test_data_of_another_major_version_says_what_to_do(postgres: Machine) -> None:
    postgres.start("_postgres.py", POSTGRES_PASSWORD="a")
    (postgres.data / "PG_VERSION").write_text("15\n")
    completed = postgres.start("_postgres.py", POSTGRES_PASSWORD="a")
    assert completed.returncode == 1
    assert "the data was made by PostgreSQL 15, and this is 17" in completed.stderr


def test_nobody_needs_a_password_where_everybody_is_trusted(postgres: Machine) -> None:
    postgres.start("_postgres.py", POSTGRES_HOST_AUTH_METHOD="trust")
    initdb = postgres.told()[0]
    assert "--auth-host=trust" in str(initdb["argv"])
    assert "--pwfile" not in str(initdb["argv"])


def test_the_exit_code_of_the_server_is_passed_on(postgres: Machine) -> None:
    completed = postgres.start("_postgres.py", POSTGRES_PASSWORD="a", FAIL_POSTGRES="0")
    assert completed.returncode == 0
    completed = postgres.start("_postgres.py", POSTGRES_PASSWORD="a", FAIL_POSTGRES="9")
    assert completed.returncode == 9


@pytest.mark.parametrize("server", ["redis-server", "valkey-server"])
def test_redis_keeps_its_data_where_it_is_and_listens_where_it_must(
    tmp_path: Path, server: str
) -> None:
    machine = Machine(tmp_path, server)
    machine.start("_redis.py", LONGSHORE_HOST="127.0.0.1", PORT="40000")
    own = ["--protected-mode", "no", "--dir", str(tmp_path)]
    last = ["--bind", "127.0.0.1", "--port", "40000"]
    [told] = machine.told()
    assert (told["name"], told["argv"]) == (server, [*own, *last])
    machine.start("_redis.py", "--appendonly", "yes")
    [told] = machine.told()
    assert told["argv"] == [*own, "--appendonly", "yes", "--bind", "0.0.0.0", "--port", "6379"]
    machine.start("_redis.py", "redis-server", "/x.conf", "--save", "", PORT="1")
    [told] = machine.told()
    assert told["argv"] == ["/x.conf", *own, "--save", "", "--bind", "0.0.0.0", "--port", "1"]


def test_any_other_program_is_run_as_it_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "redis-server", "redis-cli")
    machine.start("_redis.py", "redis-cli", "ping")
    assert [(each["name"], each["argv"]) for each in machine.told()] == [("redis-cli", ["ping"])]
