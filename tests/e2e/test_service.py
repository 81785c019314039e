"""A service that is up: it answers, it can be seen, its settings stay its own."""

import json
from pathlib import Path

from tests.e2e.harness import TOKEN, Bench, command_lines, eventually, listening_addresses


def test_answers_and_the_worker_does_its_part(service: Bench) -> None:
    assert service.ask("GET", "/livez").status == 200
    assert service.ask("GET", "/readyz").status == 200
    created = service.ask("POST", "/tasks", {"text": "ship it soon"})
    assert created.status == 201
    number = created.json["id"]

    def words() -> int | None:
        tasks = service.ask("GET", "/tasks").json
        found: int | None = next(task["words"] for task in tasks if task["id"] == number)
        return found

    assert eventually(words, what="the worker counted the words") == 3


def test_is_listed_for_people_and_for_programs(service: Bench) -> None:
    text = service.run("ps").stdout.splitlines()
    assert text[0].split() == ["SERVICE", "PROCESS", "ENGINE", "STATE", "URL", "IMAGE", "SINCE"]
    listed = {
        entry["process"]: entry
        for entry in json.loads(service.run("ps", "--format", "json").stdout)
    }
    assert set(listed) == {"migrate", "web", "worker"}
    assert listed["web"]["url"] == f"http://127.0.0.1:{service.port}"
    assert listed["web"]["engine"] == service.engine
    assert (listed["migrate"]["state"], listed["migrate"]["exit_code"]) == ("exited", 0)
    assert {listed[name]["state"] for name in ("web", "worker")} == {"running"}


def test_output_of_each_process_can_be_read(service: Bench) -> None:
    everything = service.run("logs").stdout
    assert "migrate | " in everything
    assert "web     | " in everything
    worker = service.run("logs", "worker").stdout
    assert "taskapi.worker: waiting for tasks" in worker
    assert " | " not in worker
    assert len(service.run("logs", "worker", "--tail", "1").stdout.splitlines()) == 1
    unknown = service.run("logs", "wroker")
    assert unknown.returncode == 2
    assert "no process 'wroker' was started" in unknown.stderr


def test_settings_are_nowhere_but_in_the_process(service: Bench) -> None:
    state = Path(service.environment["LONGSHORE_STATE_DIR"])
    assert not [path for path in state.rglob("*") if path.is_file() and TOKEN in path.read_text()]
    assert not [line for line in command_lines() if TOKEN.encode() in line]
    assert TOKEN not in service.run("ps", "--format", "json").stdout
    assert TOKEN not in service.run("logs").stdout


def test_nothing_listens_beyond_this_machine(service: Bench) -> None:
    assert listening_addresses(service.port) == {"0100007F"}  # 127.0.0.1, as /proc writes it


def test_command_shares_settings_storage_and_streams(service: Bench) -> None:
    script = (
        "import sqlite3\n"
        "rows = sqlite3.connect('file:/data/tasks.db?mode=rw', uri=True).execute('select 41 + 1')\n"
        "print(rows.fetchone()[0])\n"
    )
    completed = service.run(
        "run", "-q", "--engine", service.engine, "--", "python", "-", input=script
    )
    assert (completed.returncode, completed.stdout) == (0, "42\n")
    code = "import os, sys; print(os.environ['GREETING'], os.getuid()); sys.exit(9)"
    completed = service.run(
        "run", "-q", "--engine", service.engine, "-e", "GREETING=hello", "--", "python", "-c", code
    )
    assert (completed.returncode, completed.stdout) == (9, "hello 65532\n")


def test_command_can_write_to_its_storage_only(service: Bench) -> None:
    code = "open('/data/mine', 'w').close(); open('/tmp/mine', 'w').close(); open('/app/x', 'w')"
    completed = service.run("run", "-q", "--engine", service.engine, "--", "python", "-c", code)
    assert completed.returncode == 1
    assert "OSError: [Errno 30] Read-only file system: '/app/x'" in completed.stderr


def test_missing_program_is_said(service: Bench) -> None:
    completed = service.run("run", "-q", "--engine", service.engine, "--", "no-such-program")
    assert completed.returncode != 0
    assert "no-such-program" in completed.stderr
