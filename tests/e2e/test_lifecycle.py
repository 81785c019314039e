"""Services that come and go: replaced, stopped, killed, failing."""

import json
import os
import re
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.harness import SERVICE, TOKEN, Bench, ask, eventually


def test_address_is_all_that_up_prints_and_down_removes_everything(bench: Bench) -> None:
    assert bench.up().stdout == f"http://127.0.0.1:{bench.port}\n"
    completed = bench.down()
    assert completed.returncode == 0
    assert completed.stdout == ""
    assert f"stopped service {SERVICE} web" in completed.stderr
    assert not bench.is_listening()
    assert bench.leftovers() == []
    assert bench.states() == {}


def test_data_stays_until_it_is_removed(bench: Bench) -> None:
    first = bench.up()
    bench.ask("POST", "/tasks", {"text": "keep me"})
    listed = json.loads(bench.run("ps", "--format", "json").stdout)
    [volume] = listed[0]["volumes"]
    assert volume["target"] == "/data"
    assert f"/data: kept in a new volume, {volume['path']}\n" in first.stderr
    assert (Path(volume["path"]) / "tasks.db").is_file()
    bench.down()
    assert "new volume" not in bench.up().stderr
    assert [task["text"] for task in bench.ask("GET", "/tasks").json] == ["keep me"]
    removed = bench.down("--volumes").stderr
    assert re.search(rf"{SERVICE}: removed volume \S*data \({bench.engine}\)", removed)
    assert not Path(volume["path"]).exists()
    bench.up()
    assert bench.ask("GET", "/tasks").json == []


def test_second_up_replaces_the_first(bench: Bench) -> None:
    bench.up()
    completed = bench.up()
    assert f"{SERVICE}: replaces what runs now" in completed.stderr
    assert bench.ask("GET", "/readyz").status == 200
    assert sorted(bench.states()) == ["migrate", "web", "worker"]


def test_request_under_way_is_finished_before_the_end(bench: Bench) -> None:
    bench.up()
    body = json.dumps({"text": "late"}).encode()
    head = (
        f"POST /tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", bench.port), timeout=20) as connection:
        connection.sendall(head.encode() + body[:3])
        assert bench.ask("GET", "/livez").status == 200  # so the first one has arrived, too
        with bench.start("down") as down:
            eventually(lambda: bench.states().get("worker") != "running", what="down has begun")
            connection.sendall(body[3:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
            down.communicate(timeout=60)
            assert down.returncode == 0


def test_taken_port_is_found_before_anything_is_started(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", bench.port)):
        completed = bench.run(*bench.up_arguments, "--detach")
    assert completed.returncode == 7
    assert f"error: port {bench.port} is taken by " in completed.stderr
    assert f"(pid {os.getpid()})" in completed.stderr
    assert bench.leftovers() == []


def test_secret_that_nobody_gave_is_named_before_anything_starts(bench: Bench) -> None:
    completed = bench.run("up", "--engine", bench.engine, "--port", str(bench.port), "--detach")
    assert completed.returncode == 7
    assert completed.stderr.startswith("error: secret TASKAPI_API_TOKEN, for web, is not set\n")
    assert bench.leftovers() == []


def test_setting_that_is_refused_is_shown_with_the_applications_own_words(bench: Bench) -> None:
    completed = bench.run(*bench.up_arguments, "--detach", "-e", "TASKAPI_API_TOKEN=")
    assert completed.returncode == 8
    assert completed.stdout == ""
    assert (
        f"error: {SERVICE}: process 'web' exited with code 78: a setting is missing or wrong"
        in completed.stderr
    )
    assert "TASKAPI_API_TOKEN  not valid (too_short)" in completed.stderr
    assert "hint: give the setting with -e KEY=VALUE or --env-file FILE" in completed.stderr
    assert not bench.is_listening()
    assert bench.states()["web"] == "exited"
    assert "TASKAPI_API_TOKEN" in bench.run("logs", "web").stdout


def test_declared_secret_comes_from_the_environment(bench: Bench) -> None:
    environment = {**bench.environment, "TASKAPI_API_TOKEN": TOKEN}
    caller = replace(bench, environment=environment)
    completed = caller.run("up", "--engine", bench.engine, "--port", str(bench.port), "--detach")
    assert completed.returncode == 0, completed.stderr
    assert bench.ask("POST", "/tasks", {"text": "mine"}).status == 201


def test_project_has_a_file_of_settings_that_is_not_shipped(bench: Bench) -> None:
    file = bench.project / ".env"
    file.write_text(f"export TASKAPI_API_TOKEN='{TOKEN}'  # mine\n")
    try:
        completed = bench.run("up", "--engine", bench.engine, "--port", str(bench.port), "-d")
        assert completed.returncode == 0, completed.stderr
        assert bench.ask("POST", "/tasks", {"text": "mine"}).status == 201
        code = "import os; print(os.environ['TASKAPI_API_TOKEN'], os.path.exists('/app/.env'))"
        shown = bench.run("run", "-q", "--engine", bench.engine, "--", "python", "-c", code)
        assert shown.stdout == f"{TOKEN} False\n"
    finally:
        file.unlink()


def test_release_that_fails_keeps_the_service_from_starting(bench: Bench) -> None:
    completed = bench.run(
        *bench.up_arguments, "--detach", "-e", "DATABASE_URL=sqlite:////nowhere/x.db"
    )
    assert completed.returncode == 8
    assert "process 'migrate' exited with code" in completed.stderr
    assert "unable to open database file" in completed.stderr
    assert not bench.is_listening()


def test_foreground_shows_output_and_stops_in_good_order(bench: Bench) -> None:
    with bench.start(*bench.up_arguments) as up:
        assert up.stdout is not None
        assert up.stdout.readline() == f"http://127.0.0.1:{bench.port}\n"
        bench.ask("POST", "/tasks", {"text": "x"})
        eventually(lambda: bench.ask("GET", "/tasks").json[0]["words"], what="the worker works")
        up.send_signal(signal.SIGINT)
        out, err = up.communicate(timeout=60)
    assert up.returncode == 0, err
    assert "worker | " in out
    assert "taskapi.worker: stopped" in out  # written after SIGTERM
    assert f"stopped service {SERVICE} web" in err
    assert bench.leftovers() == []
    assert not bench.is_listening()


@pytest.mark.parametrize("moment", ["migrate", "web", "worker"])
def test_killed_up_is_undone_by_down(bench: Bench, moment: str) -> None:
    with bench.start(*bench.up_arguments, "--detach") as up:
        eventually(bench.record(moment).exists, what=f"the record of {moment} is written")
        up.kill()
    assert bench.down().returncode == 0
    assert bench.leftovers() == []
    assert not bench.is_listening()


def test_killed_up_is_finished_by_the_next(bench: Bench) -> None:
    with bench.start(*bench.up_arguments, "--detach") as up:
        eventually(bench.record("web").exists, what="the record of web is written")
        up.kill()
    bench.up()
    assert bench.ask("GET", "/readyz").status == 200


def test_log_can_be_followed_to_the_end(bench: Bench) -> None:
    bench.up()
    with bench.start("logs", "worker", "--follow") as logs:
        assert logs.stdout is not None
        eventually(
            lambda: "waiting for tasks" in (logs.stdout.readline() if logs.stdout else ""),
            what="the worker waits",
        )
        bench.down()
        out, _ = logs.communicate(timeout=60)
    assert logs.returncode == 0
    assert "taskapi.worker: stopped" in out


def test_port_zero_is_any_free_one(bench: Bench) -> None:
    completed = bench.up("--port", "0")
    port = int(completed.stdout.strip().rpartition(":")[2])
    assert port != bench.port
    assert ask(port, "GET", "/livez").status == 200


def test_json_describes_what_was_started(bench: Bench) -> None:
    started = json.loads(bench.up("--format", "json").stdout)
    assert [entry["process"] for entry in started] == ["web", "worker"]
    assert started[0]["url"] == f"http://127.0.0.1:{bench.port}"
    assert started[0]["image"].startswith("sha256:")


def test_nothing_to_take_down_is_no_error(bench: Bench) -> None:
    completed = bench.down()
    assert completed.returncode == 0
    assert completed.stderr == f"nothing of {SERVICE} runs here\n"
