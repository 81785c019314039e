"""Databases and caches beside the processes: real ones, with real queries, on every engine."""

import http.client
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.e2e.harness import (
    Bench,
    command_lines,
    eventually,
    free_port,
    give_up,
    listening_addresses,
    output_of,
)

NAME = "services-e2e"
PYPROJECT = f"""
[project]
name = "{NAME}"
version = "1"
requires-python = ">=3.11"
dependencies = ["psycopg[binary]", "redis"]

[tool.longshore.processes.web]
wsgi = "app:application"
secrets = ["DATABASE_URL"]

[tool.longshore.processes.migrate]
command = ["python", "app.py"]
run = "before-deploy"

[tool.longshore.services]
cache = "redis:8"

[tool.longshore.services.db]
image = "postgres:17"
env = {{ POSTGRES_DB = "tasks", POSTGRES_USER = "me" }}
command = ["postgres", "-c", "log_statement=all"]
url = {{ DATABASE_URL = "{{url}}", DB_PASSWORD = "{{password}}" }}
"""
APP = """
import os

import psycopg
import redis

GREETING = "first"


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


def application(environ, start_response):
    cache = redis.Redis.from_url(os.environ["REDIS_URL"])
    with connect() as db:
        if environ["PATH_INFO"] == "/add":
            db.execute("insert into notes (text) values ('a note')")
            cache.incr("hits")
        rows = db.execute("select count(*) from notes").fetchone()[0]
    body = f"{GREETING} {rows} {int(cache.get('hits') or 0)}".encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


if __name__ == "__main__":
    with connect() as db:
        db.execute("create table if not exists notes (id serial primary key, text text)")
"""


@pytest.fixture(scope="module")
def project(built: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that uses both, with its locks."""
    folder = tmp_path_factory.mktemp("services") / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "app.py").write_text(APP)
    bench = Bench(project=folder, environment=built.environment)
    locked = bench.run("lock")
    assert locked.returncode == 0, locked.stderr
    assert "service dash, libc-bin, postgresql-17 of debian:trixie" in locked.stdout
    assert bench.run("lock", "--check").returncode == 0
    return folder


@pytest.fixture(scope="module")
def assembled(built: Bench, project: Path, engine: str) -> str:
    """The engine, with everything there that takes a while to make."""
    bench = Bench(project=project, environment=built.environment, engine=engine, port=free_port())
    up(bench)
    assert bench.down("--volumes").returncode == 0
    return engine


@pytest.fixture
def shop(built: Bench, project: Path, assembled: str) -> Iterator[Bench]:
    """The project, nothing of it running before and after, and no data of it."""
    bench = Bench(
        project=project, environment=built.environment, engine=assembled, port=free_port()
    )
    (project / "app.py").write_text(APP)
    bench.down("--volumes")
    yield bench
    completed = bench.down("--volumes")
    assert completed.returncode == 0, completed.stderr
    assert bench.states() == {}


def up(bench: Bench, *argv: str) -> "subprocess.CompletedProcess[str]":
    """Bring it up in the background."""
    completed = bench.run("up", "--detach", *_options(bench), *argv)
    assert completed.returncode == 0, completed.stderr
    return completed


def _options(bench: Bench) -> tuple[str, ...]:
    return ("--engine", bench.engine, "--port", str(bench.port))


def _records(bench: Bench) -> dict[str, str]:
    """Return which start each service has had."""
    folder = Path(bench.environment["LONGSHORE_STATE_DIR"]) / "runs" / NAME
    found = {}
    for name in ("cache", "db"):
        path = folder / f"{name}.json"
        if path.exists():
            found[name] = json.loads(path.read_text())["run_id"]
    return found


def _ask(bench: Bench, path: str = "/") -> str:
    answer = bench.ask("GET", path)
    assert answer.status == 200, answer.body
    return answer.body.decode()


def _try(bench: Bench) -> str:
    """Ask a service that is being replaced."""
    with suppress(OSError, http.client.HTTPException):
        return bench.ask("GET", "/").body.decode()
    return ""


def _listed(bench: Bench) -> dict[str, dict[str, str]]:
    listed = json.loads(bench.run("ps", "--format", "json").stdout)
    return {entry["process"]: entry for entry in listed}


def test_rows_and_keys_outlive_the_service_until_its_volumes_go(shop: Bench) -> None:
    said = up(shop).stderr
    assert "postgres 17." in said
    assert "stands in for postgres:17" in said
    _ask(shop, "/add")
    assert _ask(shop, "/add") == "first 2 2"
    starts = _records(shop)
    up(shop)
    assert _records(shop) == starts  # left alone
    assert shop.down().returncode == 0
    assert shop.states() == {}
    up(shop)
    assert _records(shop) != starts
    assert _ask(shop) == "first 2 2"
    shop.down("--volumes")
    up(shop)
    assert _ask(shop) == "first 0 0"


def test_they_are_seen_without_their_password(shop: Bench) -> None:
    said = up(shop)
    code = "import os; print(os.environ['DB_PASSWORD'])"
    told = shop.run("run", "-q", "--", "python", "-c", code)
    password = told.stdout.strip()
    assert len(password) == 48, told.stderr
    listed = _listed(shop)
    port = int(listed["db"]["url"].rpartition(":")[2].partition("/")[0])
    assert listed["db"]["url"] == f"postgresql://me@127.0.0.1:{port}/tasks"
    assert listed["cache"]["url"].startswith("redis://127.0.0.1:")
    assert listening_addresses(port) <= {"0100007F"}
    logs = shop.run("logs", "db").stdout
    assert "create table if not exists notes" in logs  # its command has log_statement=all
    text = shop.run("ps").stdout + said.stdout + said.stderr + shop.run("logs").stdout
    assert password not in text
    assert not [line for line in command_lines() if password.encode() in line]
    state = Path(shop.environment["LONGSHORE_STATE_DIR"])
    files = [path for path in state.rglob("*") if path.is_file()]
    assert not [path for path in files if password.encode() in path.read_bytes()]


def test_a_command_has_them_for_itself_where_nothing_runs(shop: Bench) -> None:
    code = "import app; app.connect().execute('select 1'); print('connected')"
    completed = shop.run("run", "--engine", shop.engine, "--", "python", "-c", code)
    assert (completed.returncode, completed.stdout) == (0, "connected\n"), completed.stderr
    assert shop.states() == {}
    failed = shop.run("run", "-q", "--engine", shop.engine, "--", "python", "-c", "exit(3)")
    assert failed.returncode == 3
    assert shop.states() == {}


def test_what_the_user_gives_wins(shop: Bench) -> None:
    code = "import os; print(os.environ['REDIS_URL'], len(os.environ['CACHE_URL']) > 9)"
    options = ("-q", "--engine", shop.engine, "-e", "REDIS_URL=theirs")
    completed = shop.run("run", *options, "--", "python", "-c", code)
    assert completed.stdout == "theirs True\n", completed.stderr


def test_a_change_of_the_application_leaves_them_alone(shop: Bench) -> None:
    process = shop.start("up", "--watch", *_options(shop))
    try:
        assert process.stdout is not None
        assert process.stdout.readline()  # the address: from now on, changes are looked for
        starts = _records(shop)
        (shop.project / "app.py").write_text(APP.replace('"first"', '"second"'))
        eventually(lambda: "second" in _try(shop), what="the second version answers")
        assert _records(shop) == starts
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said  # it may still be waiting for the web process
    assert shop.states() == {}


@pytest.mark.parametrize("moment", ["cache", "db", "migrate", "web"])
def test_whatever_a_killed_program_left_goes_with_down(shop: Bench, moment: str) -> None:
    record = Path(shop.environment["LONGSHORE_STATE_DIR"]) / "runs" / NAME / f"{moment}.json"
    process = shop.start("up", *_options(shop))
    try:
        eventually(record.exists, what=f"{moment} is being started")
    finally:
        process.kill()
        process.communicate()
    assert shop.down().returncode == 0
    assert shop.states() == {}
    if shop.engine == "podman":
        assert NAME not in output_of(["podman", "ps", "--all", "--format", "{{.Names}}"])
        assert NAME not in output_of(["podman", "network", "ls", "--format", "{{.Name}}"])
    up(shop)  # a first start that was cut short is no obstacle
    assert _ask(shop) == "first 0 0"


@pytest.mark.parametrize("moment", ["cache", "db", "migrate"])
def test_ctrl_c_leaves_nothing(shop: Bench, moment: str) -> None:
    record = Path(shop.environment["LONGSHORE_STATE_DIR"]) / "runs" / NAME / f"{moment}.json"
    process = shop.start("up", *_options(shop))
    try:
        eventually(record.exists, what=f"{moment} is being started")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert shop.states() == {}


def test_a_database_made_with_another_password_gets_the_new_one(shop: Bench) -> None:
    up(shop)
    _ask(shop, "/add")
    shop.down()
    pyproject = shop.project / "pyproject.toml"
    given = 'POSTGRES_USER = "me", POSTGRES_PASSWORD = "it\'s"'
    pyproject.write_text(PYPROJECT.replace('POSTGRES_USER = "me"', given))
    try:
        up(shop)
        assert _ask(shop) == "first 1 1"
    finally:
        pyproject.write_text(PYPROJECT)


ENTRY = """
import os, sys
os.chown("/data", 999, 999)
os.setgroups([])
os.setgid(999)
os.setuid(999)
open("/data/made-elsewhere", "w").close()
os.execvp(sys.argv[1], [*sys.argv[1:], "--protected-mode", "no", "--dir", "/data"])
"""


@pytest.fixture
def image(shop: Bench, tmp_path: Path) -> Iterator[None]:
    """An image by the name of the official one, that begins as root as that does."""
    up(shop)  # makes the stand-in, of which this image is made
    shop.down("--volumes")
    (tmp_path / "entry.py").write_text(ENTRY)
    (tmp_path / "Containerfile").write_text(
        f"FROM localhost/longshore/{NAME}/cache:latest\n"
        "USER 0:0\nCOPY entry.py /entry.py\nVOLUME /data\nENV LC_ALL=C\n"
        'ENTRYPOINT ["/usr/bin/python3.13", "/entry.py"]\nCMD ["redis-server"]\n'
    )
    built = subprocess.run(
        ["podman", "build", "--network=none", "-t", "docker.io/library/redis:8", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        give_up(f"podman can't build: {built.stderr}")
    yield
    shop.down("--volumes")
    output_of(["podman", "rmi", "--force", "docker.io/library/redis:8"])


@pytest.mark.parametrize("engine", ["podman"], indirect=True)
@pytest.mark.usefixtures("image")
def test_the_image_is_used_where_podman_has_it(shop: Bench) -> None:
    said = up(shop).stderr
    assert "stands in for postgres:17" in said
    assert "stands in for redis:8" not in said
    assert _ask(shop, "/add") == "first 1 1"
    names = output_of(["podman", "volume", "ls", "--format", "{{.Name}}"]).split()
    assert f"longshore-{NAME}-cache.data" in names
    code = "import os; print(os.listdir('/data'))"
    python = ["podman", "exec", f"longshore-{NAME}-cache", "/usr/bin/python3.13", "-c", code]
    assert "made-elsewhere" in output_of(python)
    starts = _records(shop)
    up(shop)
    assert _records(shop) == starts
    shop.down()
    up(shop)
    assert _ask(shop) == "first 1 1"


def test_a_version_that_nothing_stands_in_for_is_an_error_before_anything_changes(
    shop: Bench,
) -> None:
    pyproject = shop.project / "pyproject.toml"
    pyproject.write_text(PYPROJECT.replace("postgres:17", "postgres:16"))
    try:
        begun = time.monotonic()
        failed = shop.run("up", "--detach", *_options(shop))
        assert time.monotonic() - begun < 60
    finally:
        pyproject.write_text(PYPROJECT)
    assert failed.returncode == 3
    assert "nothing stands in for postgres:16" in failed.stderr
    assert "there are versions 17 and 15" in failed.stderr
    assert shop.states() == {}
