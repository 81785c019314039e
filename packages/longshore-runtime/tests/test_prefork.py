"""Several workers under one supervisor."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from longshore_runtime.testing import Reply, Served

Serve = Callable[..., Served]

TWO = ("--workers", "2")


def pids(service: Served) -> list[int]:
    found: list[int] = service.wait_event("boot")["worker_pids"]
    return found


def test_boot_line_names_the_workers_and_why(serve: Serve) -> None:
    service = serve("plain:who", env={"WEB_CONCURRENCY": "2"})
    boot = service.wait_event("boot")
    assert (boot["workers"], boot["workers_why"], boot["preload"]) == (2, "WEB_CONCURRENCY", "on")
    assert len(set(boot["worker_pids"])) == 2
    assert int(service.get("/").body) in boot["worker_pids"]
    assert service.stop().code == 0


def test_drain_with_several_workers_loses_nothing_that_arrives_during_the_delay(
    serve: Serve,
) -> None:
    service = serve("plain:who", flags=TWO, env={"LONGSHORE_DRAIN_DELAY": "0.6"})
    replies: list[Reply] = []
    port = service.port
    slow = threading.Thread(target=lambda: replies.append(service.get("/sleep/1", port=port)))
    slow.start()
    service.send_signal()
    service.wait_readiness(503)
    for _ in range(20):
        reply = service.get("/")
        assert (reply.status, reply.headers["connection"]) == (200, "close")
    stopped = service.wait()
    slow.join()
    assert [reply.status for reply in replies] == [200]
    line = stopped.event("stop")
    assert (stopped.code, line["worker_codes"], line["workers_killed"]) == (0, [0, 0], 0)
    assert line["requests"] == 21


def test_port_is_closed_once_the_workers_stop(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO)
    port = service.port
    hold = socket.create_connection(("127.0.0.1", port))
    hold.sendall(b"GET /sleep/1.5 HTTP/1.1\r\nhost: a\r\n\r\n")
    while not any(http_in_flight(service)):
        pass
    service.send_signal()
    with pytest.raises(ConnectionError):
        connect_until_refused(port)
    assert hold.recv(12) == b"HTTP/1.1 200"
    hold.close()
    assert service.wait().code == 0


def connect_until_refused(port: int) -> None:
    while True:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as late:
            late.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert late.recv(100), "closed without an answer"


def http_in_flight(service: Served) -> list[int]:
    return [service.get("/readyz?verbose").json().get("in_flight", 0) for _ in range(4)]


def test_worker_that_is_killed_is_replaced_while_the_other_serves(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO)
    victim, other = pids(service)
    os.kill(victim, signal.SIGKILL)
    died = service.wait_event("worker-died")
    assert (died["pid"], died["code"]) == (victim, -9)
    seen: set[int] = set()
    while len(seen - {victim}) < 2:
        seen.add(int(service.get("/").body))
    assert other in seen
    stopped = service.stop()
    assert (stopped.code, stopped.event("stop")["restarts"]) == (0, 1)


@pytest.mark.parametrize(
    ("target", "code"),
    [("no_such:app", 70), ("plain:failing", 71)],
)
@pytest.mark.parametrize("preload", ["1", "0"])
def test_failed_start_ends_the_service_instead_of_looping(
    serve: Serve, target: str, code: int, preload: str
) -> None:
    stopped = serve(target, flags=TWO, env={"LONGSHORE_PRELOAD": preload}).wait()
    assert stopped.code == code
    assert stopped.event("failed")["exit_code"] == code
    assert not [event for event in stopped.events if event["event"] == "worker-died"]


def test_import_that_starts_a_thread_is_not_forked(serve: Serve) -> None:
    boot = serve("threaded:app", flags=TWO).wait_event("boot")
    assert boot["preload"] == "the import started threads: metrics-exporter"


def test_management_port_is_answered_by_the_supervisor(serve: Serve) -> None:
    service = serve(
        "plain:who", flags=(*TWO, "--management-port", "0"), env={"LONGSHORE_DRAIN_DELAY": "30"}
    )
    port = service.management_port
    assert service.get("/readyz?verbose", port=port).json()["workers_ready"] == 2
    assert service.get("/startupz", port=port).status == 200
    service.send_signal()
    service.wait_readiness(503, port=port)
    assert service.get("/livez", port=port).status == 200


def test_readiness_on_the_management_port_is_down_while_starting(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    service = serve("plain:hanging_start", flags=(*TWO, "--management-port", str(port)))
    while True:
        try:
            status = service.get("/readyz", port=port).status
            break
        except ConnectionRefusedError:
            continue
    assert status == 503
    assert service.stop().code == 0


def test_worker_that_never_finishes_is_cut_off_with_code_1(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO, env={"LONGSHORE_IN_FLIGHT_TIMEOUT": "0.2"})
    hold = http.client.HTTPConnection("127.0.0.1", service.port)
    hold.request("GET", "/forever")
    while not any(http_in_flight(service)):
        pass
    stopped = service.stop()
    hold.close()
    assert (stopped.code, stopped.event("stop")["cut_off"]) == (1, 1)


def test_state_is_shared_without_a_file(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO)
    service.wait_event("boot")
    links = [str(entry.readlink()) for entry in Path(f"/proc/{service.process.pid}/fd").iterdir()]
    assert any(link.startswith("/memfd:longshore-state") for link in links)
    assert not any(link.startswith(("/tmp/", "/dev/shm/", "/run/")) for link in links)


def test_readiness_of_all_workers_follows_their_checks(serve: Serve, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("up")
    service = serve(
        "checked:app", flags=(*TWO, "--management-port", "0"), env={"CHECK_STATE": str(state)}
    )
    port = service.management_port
    assert service.get("/readyz", port=port).status == 200
    state.write_text("down")
    service.wait_readiness(503, port=port)
    assert service.get("/livez", port=port).status == 200


def test_worker_whose_loop_is_blocked_is_replaced(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO, env={"LONGSHORE_LIVENESS_TIMEOUT": "0.5"})
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET /block/60 HTTP/1.1\r\nhost: a\r\n\r\n")
        stuck = service.wait_event("worker-stuck")
        assert service.wait_event("worker-died")["pid"] == stuck["pid"]
    assert service.get("/").status == 200
    assert service.stop().code == 0


def test_workers_stop_when_their_supervisor_is_gone(serve: Serve) -> None:
    service = serve("plain:who", flags=TWO)
    workers = pids(service)
    service.process.kill()
    service.process.wait()
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in workers):
        pass
